package dev.hosta.migration;

import dev.hosta.memory.DirtyPages;
import dev.hosta.migration.FrameStream.Frame;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Copies RAM in rounds, each with the pages that were written since the one before, until what is
 * left is sent within the downtime that was asked for, or rounds do not make it less.
 *
 * <p>Threading: one thread.
 */
final class Rounds {
    private static final int MOST_ROUNDS = 30;

    /** So many rounds may fail to make the rest smaller than it ever was. */
    private static final int MOST_IN_VAIN = 3;

    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final FrameStream stream;
    private final PageSender pages;
    private final DirtyPages dirty;
    private long[] pending = {};
    private List<Long> damaged = List.of();
    private int count;
    private long sendingNanos;

    Rounds(FrameStream stream, PageSender pages, DirtyPages dirty) {
        this.stream = stream;
        this.pages = pages;
        this.dirty = dirty;
    }

    /** Sends the pages that are not zero. */
    void first(long[] words) {
        pending = words;
        round();
    }

    /**
     * Sends what was written meanwhile, again and again.
     *
     * @param downtime in which the rest is to be sent
     * @param deadlineNanos {@link System#nanoTime} at which the migration is given up
     * @param cancelled asked between rounds
     * @throws MigrationException where it is given up
     */
    void untilFits(Duration downtime, long deadlineNanos, BooleanSupplier cancelled) {
        long least = Long.MAX_VALUE;
        int inVain = 0;
        while (true) {
            collect();
            long left = count(pending);
            inVain = left < least ? 0 : inVain + 1;
            least = Math.min(least, left);
            if (cancelled.getAsBoolean()) {
                throw new MigrationException("The migration was cancelled.");
            }
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new MigrationException(
                        "The migration took longer than it may: the guest writes faster than its"
                                + " pages are sent. Raise --timeout or --downtime.");
            }
            if (nanosFor(left) <= downtime.toNanos()
                    || count >= MOST_ROUNDS
                    || inVain >= MOST_IN_VAIN) {
                return;
            }
            round();
        }
    }

    /** Sends all that is left; the guest stands still. */
    void last() {
        collect();
        round();
        if (!damaged.isEmpty()) {
            throw new MigrationException(
                    "The connection damages what it carries: page=" + damaged.getFirst() + ".");
        }
    }

    /** Adds what was written since; a page that came damaged must be among it. */
    private void collect() {
        long[] words = dirty.collect().toLongArray();
        for (int i = 0; i < Math.min(words.length, pending.length); i++) {
            words[i] |= pending[i];
        }
        pending = words;
        for (long page : damaged) {
            int word = page < 0 ? words.length : (int) Math.min(page >>> 6, words.length);
            if (word == words.length || (words[word] >>> page & 1) == 0) {
                throw new MigrationException(
                        "The connection damages what it carries: page=" + page + ".");
            }
        }
    }

    private void round() {
        long from = System.nanoTime();
        long before = pages.sentPages();
        pages.send(pending);
        pending = new long[0];
        count++;
        long sent = pages.sentPages() - before;
        stream.send(FrameType.ROUND, Message.write(new Message.Round(count, sent, List.of())));
        Frame frame = Message.require(stream.receive(ANSWER_NANOS), FrameType.ROUND);
        Message.Round answer = Message.read(frame, Message.Round.class);
        if (answer.number() != count || answer.sentPages() != sent) {
            throw new MigrationException("The other side counts other pages than were sent.");
        }
        damaged = answer.damaged();
        sendingNanos += System.nanoTime() - from;
    }

    private static long count(long[] words) {
        long count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /** How long so many pages take at the rate so far. */
    private long nanosFor(long pageCount) {
        return (long) ((double) sendingNanos / Math.max(1, pages.sentPages()) * pageCount);
    }

    /** Rounds so far. */
    int count() {
        return count;
    }

    /** Bytes of pages so far. */
    long sentBytes() {
        return pages.sentPages() << PageFrame.PAGE_SHIFT;
    }

    /** Of all pages that were sent. */
    long digest() {
        return pages.digest();
    }
}
