package dev.hosta.machine;

import java.util.OptionalLong;

/**
 * A source of random bytes for the guest: virtio-rng over the host kernel's.
 *
 * @param bytesPerSecond the most that it gives, 1 or more; empty for no limit
 */
public record RngSpec(OptionalLong bytesPerSecond) {
    /** Checks the rate. */
    public RngSpec {
        if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() < 1) {
            throw new SpecException("A rate of random bytes must be 1 a second or more.");
        }
    }

    /** Without a limit. */
    public static RngSpec unlimited() {
        return new RngSpec(OptionalLong.empty());
    }

    /**
     * Reads a rate.
     *
     * @param text bytes a second, such as {@code 64K}
     * @throws SpecException where it is no size
     */
    public static RngSpec parse(String text) {
        return new RngSpec(OptionalLong.of(ByteSize.parse(text)));
    }
}
