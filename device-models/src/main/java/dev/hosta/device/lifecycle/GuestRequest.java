package dev.hosta.device.lifecycle;

/**
 * What a guest asks of the machine that it runs on, through a device.
 *
 * <p>A device hands it to a {@code Consumer<GuestRequest>}, which must not block; the first request
 * of a run decides.
 */
public sealed interface GuestRequest {
    /** Power off: the guest ended cleanly (ACPI S5). */
    record PowerOff() implements GuestRequest {}

    /**
     * Reset: start again as after power-on.
     *
     * @param by which register asked, for the log: {@code "i8042"}, {@code "port 0xcf9"}…
     */
    record Reset(String by) implements GuestRequest {}

    /** Its kernel has panicked and does not go on. */
    record Panic() implements GuestRequest {}

    /**
     * End with a status of the guest's own.
     *
     * @param status 0..255
     */
    record Exit(int status) implements GuestRequest {
        /** Checks the range. */
        public Exit {
            if (status < 0 || status > 255) {
                throw new IllegalArgumentException("Exit status must be 0..255: status=" + status);
            }
        }
    }
}
