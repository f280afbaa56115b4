package dev.hosta.memory;

import dev.hosta.linux.PageMap;

import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Puts a guest's RAM together into transparent huge pages while the guest runs: a stage-two entry,
 * and a page that a device's buffer pins, then stand for 2 MiB instead of 4 KiB.
 *
 * <p>Hosts give a memfd none by themselves where {@code transparent_hugepage/shmem_enabled} has its
 * default, as khugepaged gives anonymous memory. Asked for a range by {@code MADV_COLLAPSE} they do
 * (Linux 6.1, mm/khugepaged.c). A range is gathered once, when at least half of its pages were
 * touched; so RAM never takes more than twice what the guest touched. One that is refused, as pages
 * are while a disk's request has them pinned, is asked for again some times. The first look comes
 * after a second, so that short-lived guests pay nothing; looks that find nothing come ever more
 * rarely.
 *
 * <p>Content never changes by it, whoever else maps the file; but RAM that was frozen is left
 * alone, as its pages are about to be the guest's own again.
 *
 * <p>Threading: one of its own. {@link #close} on any thread; it waits for the range in hand.
 */
public final class HugePageGathering implements AutoCloseable {
    /** Bytes of a range. */
    static final long RANGE_BYTES = 2L << 20;

    private static final int LEAST_PAGES = (int) (RANGE_BYTES / 4096 / 2);
    private static final int MOST_REFUSALS = 8;
    private static final long FIRST_MILLIS = 1_000;
    private static final long LAST_MILLIS = 64_000;

    private final GuestRam ram;
    private final Progress progress;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private HugePageGathering(GuestRam ram) {
        this.ram = ram;
        this.progress = new Progress(ram);
        this.thread = Thread.ofPlatform().daemon().name("huge-pages").unstarted(this::run);
    }

    /** Begins, for as long as this is open. RAM must stay open until then. */
    public static HugePageGathering start(GuestRam ram) {
        HugePageGathering gathering = new HugePageGathering(ram);
        gathering.thread.start();
        return gathering;
    }

    private void run() {
        long millis = FIRST_MILLIS;
        while (!isClosingWithin(millis)) {
            int gathered = gather(ram, progress, () -> isClosingWithin(0));
            millis = gathered > 0 ? FIRST_MILLIS : Math.min(LAST_MILLIS, 2 * millis);
        }
    }

    private boolean isClosingWithin(long millis) {
        try {
            return closing.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Which ranges need no more looks, by number. */
    static final class Progress {
        private final BitSet done = new BitSet();
        private final byte[] refusals;

        /** No range was looked at. */
        Progress(GuestRam ram) {
            refusals = new byte[(int) (ram.sizeBytes() / RANGE_BYTES)];
        }

        private void refused(int range) {
            refusals[range]++;
            done.set(range, refusals[range] == MOST_REFUSALS);
        }
    }

    /** Whether a pass is to end. */
    @FunctionalInterface
    interface Ending {
        boolean isNow();
    }

    /**
     * One pass over RAM.
     *
     * @param progress of the passes before it; grows
     * @return how many ranges are huge pages now that were not
     */
    static int gather(GuestRam ram, Progress progress, Ending ending) {
        long end = ram.sizeBytes() / RANGE_BYTES * RANGE_BYTES;
        int gathered = 0;
        BitSet done = progress.done;
        try (PageMap.Reader pages = PageMap.reader()) {
            for (long at = next(ram, done, 0); at < end; at = next(ram, done, at + RANGE_BYTES)) {
                if (ending.isNow() || ram.isOverBase()) {
                    return gathered;
                }
                if (pages.present(ram.area().hva() + at, RANGE_BYTES) >= LEAST_PAGES) {
                    int range = (int) (at / RANGE_BYTES);
                    if (ram.gather(at, RANGE_BYTES)) {
                        gathered++;
                        done.set(range);
                    } else {
                        progress.refused(range);
                    }
                }
            }
        }
        return gathered;
    }

    /** The next range from an offset on that has pages and is not done. */
    private static long next(GuestRam ram, BitSet done, long from) {
        long at = from;
        while (at < ram.sizeBytes()) {
            at = ram.nextTouched(at) / RANGE_BYTES * RANGE_BYTES;
            int range = (int) (at / RANGE_BYTES);
            if (!done.get(range)) {
                return at;
            }
            at = done.nextClearBit(range) * RANGE_BYTES;
        }
        return at;
    }

    /** Ends it. Idempotent. */
    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
