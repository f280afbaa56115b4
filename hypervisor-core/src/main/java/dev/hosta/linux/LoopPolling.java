package dev.hosta.linux;

import dev.hosta.device.backend.Polled;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What an {@link EventLoop} looks at before it sleeps, and for how long.
 *
 * <p>Each source has a window that follows how long its last events let wait: doubled while an
 * event comes shortly after the window's end, nothing as soon as one comes later than the longest
 * window. So nobody looks at a source that is idle or slow, and a host with a single CPU, where the
 * other side cannot act meanwhile, never looks.
 *
 * <p>Threading: the loop's thread.
 */
final class LoopPolling {
    /** The longest window: about what going to sleep and waking up again costs. */
    static final long MOST_NANOS = 50_000;

    private static final long FIRST_NANOS = 4_000;

    /** After so long, descriptors get their turn, however much there is to serve. */
    private static final long TURN_NANOS = 500_000;

    private static final class Source {
        private final Polled polled;
        private final Runnable serve;
        private long windowNanos;

        Source(Polled polled) {
            this.polled = polled;
            this.serve = polled::serve;
        }

        /** Learns how long it was until an event, from when there was nothing more to do. */
        void waited(long nanos) {
            if (nanos > MOST_NANOS) {
                windowNanos = 0;
            } else if (nanos > windowNanos) {
                windowNanos = Math.min(MOST_NANOS, Math.max(FIRST_NANOS, 2 * windowNanos));
            }
        }
    }

    private final List<Source> sources = new ArrayList<>();
    private final LongSupplier clock;
    private final boolean useful;
    private long idleSince;
    private boolean looking;

    /** Looks where the host has more CPUs than one. */
    LoopPolling() {
        this(System::nanoTime, Runtime.getRuntime().availableProcessors());
    }

    /**
     * By a clock of one's own.
     *
     * @param clock nanoseconds from some start
     * @param cpuCount that the host has
     */
    LoopPolling(LongSupplier clock, int cpuCount) {
        this.clock = clock;
        this.useful = cpuCount > 1;
    }

    void add(Polled polled) {
        sources.add(new Source(polled));
    }

    void remove(Polled polled) {
        sources.removeIf(source -> source.polled == polled);
    }

    /**
     * Serves sources for as long as there is, or soon will be, something to do.
     *
     * @param serving runs one source's work, and all that comes of it on this thread
     * @param others whether the loop has something else to do
     * @return whether the loop must not sleep
     */
    boolean look(Consumer<Runnable> serving, BooleanSupplier others) {
        idleSince = clock.getAsLong();
        long window = window();
        if (window > 0) {
            begin();
        }
        long turnEnd = idleSince + TURN_NANOS;
        boolean found = others.getAsBoolean();
        while (window > 0 && !found) {
            long now = clock.getAsLong();
            if (serveReady(serving, now)) {
                idleSince = clock.getAsLong();
                window = window();
                found = others.getAsBoolean() || idleSince - turnEnd >= 0;
            } else if (now - idleSince >= window) {
                window = 0;
            } else {
                Thread.onSpinWait();
                found = others.getAsBoolean();
            }
        }
        end(serving);
        return found || others.getAsBoolean();
    }

    private long window() {
        long window = 0;
        if (useful) {
            for (int i = 0; i < sources.size(); i++) {
                Source source = sources.get(i);
                if (source.windowNanos > window && source.polled.isExpecting()) {
                    window = source.windowNanos;
                }
            }
        }
        return window;
    }

    private boolean serveReady(Consumer<Runnable> serving, long now) {
        boolean found = false;
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            if (source.polled.isReady()) {
                source.waited(now - idleSince);
                serving.accept(source.serve);
                found = true;
            }
        }
        return found;
    }

    private void begin() {
        looking = true;
        for (int i = 0; i < sources.size(); i++) {
            sources.get(i).polled.begin();
        }
    }

    /** Has everybody tell again, and serves what came before that, of which nobody told. */
    private void end(Consumer<Runnable> serving) {
        if (!looking) {
            return;
        }
        looking = false;
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            source.polled.end();
            if (source.polled.isReady()) {
                serving.accept(source.serve);
            }
        }
    }

    /**
     * The loop slept: sources that have something are served at once, whatever woke it, and learn
     * whether looking would have been better.
     *
     * @param serving as for {@link #look}
     */
    void woken(Consumer<Runnable> serving) {
        if (sources.isEmpty()) {
            return;
        }
        long waited = clock.getAsLong() - idleSince;
        boolean ready = false;
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            if (source.polled.isReady()) {
                source.waited(waited);
                ready = true;
            }
        }
        if (window() > 0) {
            begin(); // before the work that the loop was told of: what comes of it is looked for
        }
        for (int i = 0; ready && i < sources.size(); i++) {
            Source source = sources.get(i);
            if (source.polled.isReady()) {
                serving.accept(source.serve);
            }
        }
    }
}
