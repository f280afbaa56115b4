package dev.hosta.migration;

/**
 * Where the destination of one migration is.
 *
 * <pre>
 *   RECEIVING -&gt; READY -&gt; RUNNING
 *   RECEIVING or READY -&gt; ABORTED
 * </pre>
 */
enum DestinationState {
    /** RAM is there, the name is taken, pages come. */
    RECEIVING,
    /** All has come; the guest waits for the source's word. */
    READY,
    /** The guest is this side's. */
    RUNNING,
    /** It never ran here, and never will. */
    ABORTED;

    /** Whether the guest may run here. */
    boolean ownsTheGuest() {
        return switch (this) {
            case RECEIVING, READY, ABORTED -> false;
            case RUNNING -> true;
        };
    }

    /**
     * Passes the next state on.
     *
     * @throws IllegalStateException where there is no such step
     */
    DestinationState to(DestinationState next) {
        boolean allowed =
                switch (this) {
                    case RECEIVING -> next == READY || next == ABORTED;
                    case READY -> next == RUNNING || next == ABORTED;
                    case RUNNING, ABORTED -> false;
                };
        if (!allowed) {
            throw new IllegalStateException("No step leads from " + this + " to " + next);
        }
        return next;
    }
}
