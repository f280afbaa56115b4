package dev.hosta.device.state;

import java.util.Arrays;

/**
 * Bytes of a saved state that are kept as they are: register pages, XSAVE areas.
 *
 * <p>Immutable, equal by content, so that records of state compare as values.
 */
public final class StateBytes {
    private final byte[] bytes;

    private StateBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Copies {@code bytes}. */
    public static StateBytes copyOf(byte[] bytes) {
        return new StateBytes(bytes.clone());
    }

    /** A copy of the content. */
    public byte[] toArray() {
        return bytes.clone();
    }

    /** Number of bytes. */
    public int size() {
        return bytes.length;
    }

    /**
     * Insists on a length.
     *
     * @param what names the field in the message
     * @throws InvalidStateException when the content has another length
     */
    public StateBytes requireSize(String what, int sizeBytes) {
        if (bytes.length != sizeBytes) {
            throw new InvalidStateException(
                    "Size of " + what + " must be " + sizeBytes + " bytes: size=" + bytes.length);
        }
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StateBytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "StateBytes[" + bytes.length + " bytes]";
    }
}
