package dev.hosta.device.memory;

/**
 * An access by guest physical address that does not lie wholly in RAM that allows it.
 *
 * <p>The guest chose the address, so a device answers with its specification's error behaviour
 * (virtio 1.2 §2.1.2: DEVICE_NEEDS_RESET) and never lets this reach the vCPU loop.
 */
public final class GuestMemoryException extends RuntimeException {
    private final long gpa;
    private final long lengthBytes;

    /**
     * Describes the refused range.
     *
     * @param message the whole sentence, with the addresses in hex
     * @param gpa first byte of the refused range
     * @param lengthBytes its length in bytes, unsigned
     */
    public GuestMemoryException(String message, long gpa, long lengthBytes) {
        super(message);
        this.gpa = gpa;
        this.lengthBytes = lengthBytes;
    }

    /** First byte of the refused range, a guest physical address. */
    public long gpa() {
        return gpa;
    }

    /** Length of the refused range in bytes, unsigned. */
    public long lengthBytes() {
        return lengthBytes;
    }
}
