package dev.hosta.migration;

/**
 * What came of settling a hand-over whose outcome the source could not learn.
 *
 * @param source what this side has written down
 * @param destination what the other side answered, one line
 * @param guestIs where the guest is now
 */
public record Settlement(String source, String destination, Place guestIs) {
    /** Where a guest can be. */
    public enum Place {
        /** It goes on at the source. */
        HERE,
        /** It is the destination's. */
        THERE,
        /** That is still not known; it stays paused at the source. */
        UNKNOWN
    }

    /** Who is to have the guest where the destination does not say. */
    public enum Force {
        /** Nobody: it stays open. */
        NONE,
        /** The source, as far as the leases allow it. */
        SOURCE,
        /** The destination: the source ends. */
        DESTINATION
    }
}
