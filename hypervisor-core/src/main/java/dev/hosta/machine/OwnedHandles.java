package dev.hosta.machine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a machine owns, closed in reverse order of its making; also when the making fails half way.
 *
 * <p>Threading: the control thread.
 */
final class OwnedHandles implements AutoCloseable {
    /** A close that throws no checked exception. */
    @FunctionalInterface
    interface Closing {
        void close();
    }

    private final Deque<Closing> closings = new ArrayDeque<>();

    /** Takes over a handle. */
    <T> T own(T handle, Closing closing) {
        closings.push(closing);
        return handle;
    }

    /** Closes all, the last first, whatever one of them throws; then throws the first. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!closings.isEmpty()) {
            try {
                closings.pop().close();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
