package dev.hosta.memory;

/**
 * A change of the memory map, or memory for it, that the host or the map itself does not allow. The
 * map is as it was before, unless the message says otherwise.
 *
 * <p>Never caused by what a guest does: that is an {@link EptViolation} or a {@code
 * GuestMemoryException}.
 */
public final class MemoryException extends RuntimeException {
    /** Says what could not be done, why, and what to do about it. */
    public MemoryException(String message) {
        super(message);
    }

    /** Says what could not be done; the cause says why. */
    public MemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
