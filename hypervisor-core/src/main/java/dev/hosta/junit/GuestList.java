package dev.hosta.junit;

import java.util.ArrayList;
import java.util.List;

/**
 * Guests that are to end together, in reverse.
 *
 * <p>Threading: any thread.
 */
final class GuestList implements AutoCloseable {
    private final List<GuestRun> runs = new ArrayList<>();

    synchronized void add(GuestRun run) {
        runs.add(run);
    }

    synchronized List<GuestRun> all() {
        return List.copyOf(runs);
    }

    @Override
    public synchronized void close() {
        while (!runs.isEmpty()) {
            runs.removeLast().close();
        }
    }
}
