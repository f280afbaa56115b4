package dev.hosta.migration;

/**
 * A migration that did not come about, or whose outcome is not known. The message is one line for
 * the user; {@link #guestIs} says where that leaves the guest.
 */
public final class MigrationException extends RuntimeException {
    /** What became of the guest on this side. */
    public enum GuestIs {
        /** It is where it was: it runs on here, or stays paused here if it was paused. */
        HERE,
        /** It is paused here, and may run on the other side. */
        UNKNOWN
    }

    private final GuestIs guestIs;

    /** Carries the line for the user; the guest is where it was. */
    public MigrationException(String message) {
        this(message, null, GuestIs.HERE);
    }

    /** As the other, with what it came from. */
    public MigrationException(String message, Throwable cause) {
        this(message, cause, GuestIs.HERE);
    }

    MigrationException(String message, Throwable cause, GuestIs guestIs) {
        super(message, cause);
        this.guestIs = guestIs;
    }

    /** Where the guest is. */
    public GuestIs guestIs() {
        return guestIs;
    }
}
