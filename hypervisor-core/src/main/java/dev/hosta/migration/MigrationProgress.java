package dev.hosta.migration;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How far a migration is.
 *
 * <p>Threading: written by the thread that sends; any thread {@linkplain #view looks}.
 */
public final class MigrationProgress {
    /** What a migration is at. */
    public enum Stage {
        /** The destination is called, and asked whether the guest can come. */
        RESERVING,
        /** Pages go over while the guest runs. */
        COPYING,
        /** The guest stands still; the last pages and the state go over. */
        STOPPED,
        /** The guest is the destination's. */
        HANDED_OVER,
        /** The destination runs it. */
        DONE,
        /** It did not come about, or its outcome is not known. */
        FAILED
    }

    /**
     * One look.
     *
     * @param round of pages, 1 up; 0 before the first
     * @param sentBytes of pages so far
     * @param ramBytes size of the guest's RAM
     * @param leftBytes what was to be sent when the round began
     * @param bytesPerSecond rate of sending so far
     * @param dirtyBytesPerSecond how fast the guest writes pages anew, by the round before
     * @param throttlePercent how much of the time the vCPUs are held
     * @param expectedDowntimeNanos how long what is left would take
     * @param elapsedNanos since the beginning, up to the end if that was
     */
    public record View(
            Stage stage,
            int round,
            long sentBytes,
            long ramBytes,
            long leftBytes,
            long bytesPerSecond,
            long dirtyBytesPerSecond,
            int throttlePercent,
            long expectedDowntimeNanos,
            long elapsedNanos) {}

    private final long beganNanos = System.nanoTime();
    private final long ramBytes;

    // Guarded by this object's monitor.
    private final List<MigrationRound> rounds = new ArrayList<>();
    private Stage stage = Stage.RESERVING;
    private int round;
    private long sentBytes;
    private long leftBytes;
    private long sendingNanos;
    private long sendingSince;
    private boolean sending;
    private int throttlePercent;
    private long endedNanos;

    /** Nothing done yet. */
    MigrationProgress(long ramBytes) {
        this.ramBytes = ramBytes;
    }

    /** {@link System#nanoTime} of the beginning. */
    long beganNanos() {
        return beganNanos;
    }

    synchronized void stage(Stage next) {
        stage = next;
        if (next == Stage.DONE || next == Stage.FAILED) {
            endedNanos = System.nanoTime();
        }
    }

    synchronized void throttle(int percent) {
        throttlePercent = percent;
    }

    /** A round begins; this is to be looked at. */
    synchronized void roundBegins(long pendingPages) {
        round++;
        leftBytes = pendingPages << PageFrame.PAGE_SHIFT;
        sendingSince = System.nanoTime();
        sending = true;
    }

    synchronized void sent(long pageCount) {
        sentBytes += pageCount << PageFrame.PAGE_SHIFT;
    }

    synchronized void roundEnds(MigrationRound done) {
        rounds.add(done);
        sendingNanos += done.tookNanos();
        sending = false;
    }

    /** The rounds that are over. */
    synchronized List<MigrationRound> rounds() {
        return List.copyOf(rounds);
    }

    /** How long so many pages take at the rate so far, in nanoseconds. */
    synchronized long nanosFor(long pageCount) {
        return (long) (nanosForByte() * (pageCount << PageFrame.PAGE_SHIFT));
    }

    private double nanosForByte() {
        long nanos = sendingNanos + (sending ? System.nanoTime() - sendingSince : 0);
        return (double) nanos / Math.max(PageFrame.PAGE_BYTES, sentBytes);
    }

    /** How it stands now. */
    public synchronized View view() {
        double nanosForByte = nanosForByte();
        long second = TimeUnit.SECONDS.toNanos(1);
        boolean over = stage == Stage.DONE || stage == Stage.FAILED;
        return new View(
                stage,
                round,
                sentBytes,
                ramBytes,
                leftBytes,
                nanosForByte == 0 ? 0 : (long) (second / nanosForByte),
                dirtyBytesPerSecond(),
                throttlePercent,
                (long) (nanosForByte * leftBytes),
                (over ? endedNanos : System.nanoTime()) - beganNanos);
    }

    /** What is sent in a round was written during the one before. */
    private long dirtyBytesPerSecond() {
        if (round < 2 || rounds.size() < round - 1) {
            return 0;
        }
        long nanos = Math.max(1, rounds.get(round - 2).tookNanos());
        return (long) ((double) leftBytes * TimeUnit.SECONDS.toNanos(1) / nanos);
    }
}
