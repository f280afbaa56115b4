package dev.hosta.memory;

import dev.hosta.linux.HostThread;
import dev.hosta.linux.PageMap;

import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Puts a guest's RAM together into transparent huge pages while the guest runs: a stage-two entry,
 * and a page that a device's buffer pins, then stand for 2 MiB instead of 4 KiB.
 *
 * <p>Hosts give a memfd none by themselves where {@code transparent_hugepage/shmem_enabled} has its
 * default, as khugepaged gives anonymous memory. Asked for a range by {@code MADV_COLLAPSE} they do
 * (Linux 6.1, mm/khugepaged.c). A range is gathered once, when at least a quarter of its pages were
 * touched; so RAM never takes more than four times what the guest touched. One that is refused, as
 * pages are while a disk's request has them pinned, is asked for again at the end of the look,
 * while the disks rest for that; some times at most. The first look comes after a second, so that
 * short-lived guests pay nothing; looks that find nothing come ever more rarely.
 *
 * <p>Content never changes by it, whoever else maps the file; but RAM that was frozen is left
 * alone, as its pages are about to be the guest's own again.
 *
 * <p>Threading: one of its own. {@link #close} on any thread; it waits for the range in hand, but
 * not for {@link AtRest}, so that it may be called under a lock that {@link AtRest} takes.
 */
public final class HugePageGathering implements AutoCloseable {
    /** Bytes of a range. */
    static final long RANGE_BYTES = 2L << 20;

    private static final int LEAST_PAGES = (int) (RANGE_BYTES / 4096 / 4);
    private static final int MOST_REFUSALS = 8;

    /** How many ranges at most are asked for while the disks rest: some milliseconds. */
    private static final int MOST_AT_REST = 16;

    private static final long FIRST_MILLIS = 1_000;
    private static final long LAST_MILLIS = 64_000;

    /** Lets something be done while no request has guest memory pinned. */
    @FunctionalInterface
    public interface AtRest {
        /** Runs it once, on this thread, unless the disks cannot rest now. */
        void run(Runnable action);
    }

    private final GuestRam ram;
    private final AtRest atRest;
    private final CountDownLatch closing = new CountDownLatch(1);

    /** Which ranges need no more looks, by number. */
    private final BitSet done = new BitSet();

    /** How often a range was refused although the disks rested. */
    private final byte[] refusals;

    private boolean ended;

    /** Gathers nothing by itself. */
    HugePageGathering(GuestRam ram, AtRest atRest) {
        this.ram = ram;
        this.atRest = atRest;
        this.refusals = new byte[(int) (ram.sizeBytes() / RANGE_BYTES)];
    }

    /**
     * Begins, for as long as this is open. RAM must stay open until then.
     *
     * @param atRest how the disks are made to rest
     */
    public static HugePageGathering start(GuestRam ram, AtRest atRest) {
        HugePageGathering gathering = new HugePageGathering(ram, atRest);
        HostThread.start(Thread.ofPlatform().daemon().name("huge-pages").unstarted(gathering::run));
        return gathering;
    }

    private void run() {
        long millis = FIRST_MILLIS;
        while (!isClosingWithin(millis)) {
            millis = pass() > 0 ? FIRST_MILLIS : Math.min(LAST_MILLIS, 2 * millis);
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

    /** One pass over RAM; says how many ranges are huge pages now that were not. */
    int pass() {
        if (ram.isOverBase()) {
            return 0;
        }
        BitSet refused = new BitSet();
        int gathered = 0;
        try (PageMap.Reader pages = PageMap.reader()) {
            for (int range = next(0); range < refusals.length; range = next(range + 1)) {
                switch (gather(range, Optional.of(pages))) {
                    case GATHERED -> gathered++;
                    case REFUSED -> refused.set(range);
                    case LEFT -> {}
                }
            }
        }
        if (refused.isEmpty()) {
            return gathered;
        }
        AtomicInteger late = new AtomicInteger();
        atRest.run(() -> late.set(gatherAtRest(refused)));
        return gathered + late.get();
    }

    private int gatherAtRest(BitSet ranges) {
        int gathered = 0;
        for (int range : ranges.stream().limit(MOST_AT_REST).toArray()) {
            switch (gather(range, Optional.empty())) {
                case GATHERED -> gathered++;
                case REFUSED -> {
                    refusals[range]++;
                    done.set(range, refusals[range] == MOST_REFUSALS);
                }
                case LEFT -> {}
            }
        }
        return gathered;
    }

    private enum Result {
        GATHERED,
        REFUSED,
        LEFT
    }

    /**
     * Gathers one range.
     *
     * @param pages where to look first whether it is worth it
     */
    private synchronized Result gather(int range, Optional<PageMap.Reader> pages) {
        if (ended || ram.isOverBase()) {
            return Result.LEFT;
        }
        long at = range * RANGE_BYTES;
        long hva = ram.area().hva() + at;
        if (pages.filter(p -> p.present(hva, RANGE_BYTES) < LEAST_PAGES).isPresent()) {
            return Result.LEFT;
        }
        if (!ram.gather(at, RANGE_BYTES)) {
            return Result.REFUSED;
        }
        done.set(range);
        return Result.GATHERED;
    }

    /** The next range from one on that has pages and is not done; else one beyond the last. */
    private synchronized int next(int from) {
        int range = from;
        while (range < refusals.length && !ended) {
            range = (int) (ram.nextTouched(range * RANGE_BYTES) / RANGE_BYTES);
            if (!done.get(range)) {
                return range;
            }
            range = done.nextClearBit(range);
        }
        return refusals.length;
    }

    /** Ends it; RAM is not touched afterwards. Idempotent. */
    @Override
    public void close() {
        closing.countDown();
        end();
    }

    /** Whoever has a range in hand has the lock, and looks before the next one. */
    private synchronized void end() {
        ended = true;
    }
}
