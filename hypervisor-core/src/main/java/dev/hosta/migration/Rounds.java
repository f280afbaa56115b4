package dev.hosta.migration;

import dev.hosta.memory.DirtyPages;
import dev.hosta.memory.DirtySet;
import dev.hosta.migration.MigrationOptions.OnTimeout;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Copies RAM in rounds, each with the pages that were written since the one before, until what is
 * left is sent within the downtime that was asked for. Where rounds do not make it less, the guest
 * is held back step by step.
 *
 * <p>Threading: one thread.
 */
final class Rounds implements AutoCloseable {
    /** So many rounds may fail to make the rest smaller than it ever was. */
    private static final int MOST_IN_VAIN = 2;

    /** So many rounds more where the rest fits already. */
    private static final int MOST_FITTING = 8;

    private final SendingStreams pages;
    private final DirtyPages dirty;
    private final Throttle throttle;
    private final MigrationProgress progress;
    private long[] pending = {};
    private List<Long> damaged = List.of();
    private int count;
    private Under way = new Under(0, 0, 0, 0, List.of());

    /** A round that is not confirmed yet. */
    private record Under(
            long beganNanos, long pendingPages, long sentPages, long zeroPages, List<Long> heat) {}

    Rounds(SendingStreams pages, DirtyPages dirty, Throttle throttle, MigrationProgress progress) {
        this.pages = pages;
        this.dirty = dirty;
        this.throttle = throttle;
        this.progress = progress;
    }

    /**
     * Sends the pages that are not zero, then what was written meanwhile, again and again until the
     * rest fits.
     *
     * @param given pages that may hold something else than zeros
     * @param prepared called after the first round; back when nothing but the rest is in the way of
     *     stopping the guest
     * @param cancelled asked now and then
     * @throws MigrationException where it is given up
     */
    void untilFits(
            long[] given, Runnable prepared, MigrationOptions options, BooleanSupplier cancelled) {
        long deadline = progress.beganNanos() + options.timeout().toNanos();
        boolean forced = options.onTimeout() == OnTimeout.FORCE;
        Runnable check =
                () -> {
                    requireNotCancelled(cancelled);
                    if (!forced && System.nanoTime() - deadline > 0) {
                        throw tooSlow("took longer than it may");
                    }
                };
        long least = Long.MAX_VALUE;
        long before = Long.MAX_VALUE;
        int inVain = 0;
        int fitting = 0;
        pending = given;
        while (true) {
            send(check);
            confirm();
            if (count == 1) {
                prepared.run();
            }
            collect(dirty.collect());
            check.run();
            long left = DirtySet.count(pending);
            boolean fits = progress.nanosFor(left) <= options.downtime().toNanos();
            // A round more is a short one then, and spares the guest half of the rest.
            if (fits && (left > before / 2 || ++fitting > MOST_FITTING)
                    || System.nanoTime() - deadline > 0) {
                return;
            }
            before = left;
            if (fits) {
                continue;
            }
            inVain = left < least ? 0 : inVain + 1;
            least = Math.min(least, left);
            if (inVain >= MOST_IN_VAIN && throttle.raise()) {
                progress.throttle(throttle.percent());
                inVain = 0;
            } else if (inVain > MOST_IN_VAIN) {
                if (!forced) {
                    throw tooSlow("does not come to an end");
                }
                return;
            }
        }
    }

    private static void requireNotCancelled(BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            throw new MigrationException("The migration was cancelled.");
        }
    }

    private static MigrationException tooSlow(String what) {
        return new MigrationException(
                "The migration "
                        + what
                        + ": the guest writes faster than its pages are sent. Raise --downtime or"
                        + " --timeout, or stop it for as long as it takes by --on-timeout force.");
    }

    /** Sends all that is left, and does not wait for an answer; the guest stands still. */
    void sendLast() {
        pages.hurry();
        collect(dirty.collectLast());
        send(() -> {});
    }

    /**
     * Waits for the answer to the last round.
     *
     * @throws MigrationException where not all of it came as it was
     */
    void confirmLast() {
        confirm();
        if (!damaged.isEmpty()) {
            throw damage(damaged.getFirst());
        }
    }

    /** Adds what was written since; a page that came damaged must be among it. */
    private void collect(DirtySet written) {
        long[] words = written.toLongArray();
        int known = Math.min(words.length, pending.length);
        for (int i = DirtySet.nextWord(pending, 0);
                i < known;
                i = DirtySet.nextWord(pending, i + 1)) {
            words[i] |= pending[i];
        }
        pending = words;
        for (long page : damaged) {
            int word = page < 0 ? words.length : (int) Math.min(page >>> 6, words.length);
            if (word == words.length || (words[word] >>> page & 1) == 0) {
                throw damage(page);
            }
        }
    }

    private static MigrationException damage(long page) {
        return new MigrationException("The connection damages what it carries: page=" + page + ".");
    }

    private void send(Runnable check) {
        long sentBefore = pages.sentPages();
        long zerosBefore = pages.zeroPages();
        long began = System.nanoTime();
        long looked = DirtySet.count(pending);
        List<Long> heat = MigrationRound.heat(pending);
        progress.roundBegins(looked);
        count++;
        pages.send(pending, count, check);
        pending = new long[0];
        long sent = pages.sentPages() - sentBefore;
        way = new Under(began, looked, sent, pages.zeroPages() - zerosBefore, heat);
    }

    private void confirm() {
        damaged = pages.confirm(count);
        progress.roundEnds(
                new MigrationRound(
                        count,
                        way.beganNanos() - progress.beganNanos(),
                        System.nanoTime() - way.beganNanos(),
                        way.pendingPages(),
                        way.sentPages(),
                        way.zeroPages(),
                        throttle.percent(),
                        way.heat()));
    }

    /** Of all pages that were sent. */
    long digest() {
        return pages.digest();
    }

    /** Lets go of the guest. */
    @Override
    public void close() {
        throttle.close();
    }
}
