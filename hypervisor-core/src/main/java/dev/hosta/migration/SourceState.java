package dev.hosta.migration;

/**
 * Where the source of a migration is.
 *
 * <pre>
 *   OFFERING -&gt; RESERVING -&gt; COPYING -&gt; STOPPED -&gt; HANDED_OVER -&gt; DONE
 *   any of the first four -&gt; KEPT;  HANDED_OVER -&gt; KEPT on the destination's own word alone
 * </pre>
 */
enum SourceState {
    /** Connecting; versions and features. */
    OFFERING,
    /** The destination looks whether it could take the guest. */
    RESERVING,
    /** Pages go over while the guest runs. */
    COPYING,
    /** The guest is paused; the last pages and the state go over. */
    STOPPED,
    /** The guest is the destination's, whether it has heard so or not. */
    HANDED_OVER,
    /** The destination runs it. */
    DONE,
    /** It did not come about; the guest is here as it was. */
    KEPT;

    /** Whether the guest is this side's. */
    boolean ownsTheGuest() {
        return switch (this) {
            case OFFERING, RESERVING, COPYING, STOPPED, KEPT -> true;
            case HANDED_OVER, DONE -> false;
        };
    }

    /**
     * Passes the next state on.
     *
     * @throws IllegalStateException where there is no such step
     */
    SourceState to(SourceState next) {
        boolean allowed =
                switch (this) {
                    case OFFERING -> next == RESERVING || next == KEPT;
                    case RESERVING -> next == COPYING || next == KEPT;
                    case COPYING -> next == STOPPED || next == KEPT;
                    case STOPPED -> next == HANDED_OVER || next == KEPT;
                    case HANDED_OVER -> next == DONE || next == KEPT;
                    case DONE, KEPT -> false;
                };
        if (!allowed) {
            throw new IllegalStateException("No step leads from " + this + " to " + next);
        }
        return next;
    }
}
