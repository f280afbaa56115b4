package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.memory.DirtyPages;
import dev.hosta.memory.DirtySet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.TreeSet;

/** The pages that a guest says it wrote, beside those that {@link DirtyPages} reports. */
@RequiresKvm
@Timeout(120)
class GuestDirtyPagesTest {
    private static final long PAGE = 4096;

    /** RAM offsets of the pages, as hex, from {@code fromGpa} on. */
    private static Set<String> pages(DirtySet set, long fromGpa, long toGpa) {
        Set<String> pages = new TreeSet<>();
        for (long gpa = fromGpa; gpa < toGpa; gpa += PAGE) {
            if (set.contains(gpa)) {
                pages.add(Long.toHexString(gpa));
            }
        }
        return pages;
    }

    @Test
    void thePagesThatTheGuestNamesAreTheOnesReported() {
        Set<String> named =
                new TreeSet<>(Set.of("800000", "801000", "9ff000", "4000000", "7fe000"));
        String arguments = "wait 0x" + String.join(" 0x", named);
        try (TestGuest guest = new TestGuest("pages", arguments, 1)) {
            guest.machine.start();
            guest.await("pages: ready");
            DirtyPages dirty = guest.machine.dirtyPages();
            dirty.start();
            dirty.collect();
            for (int round = 1; round <= 3; round++) {
                guest.send("w");
                guest.await("round " + round);
                guest.machine.pause();
                // What lies below is the guest's own code, stack and tables.
                assertEquals(named, pages(dirty.collect(), 0x400000, 128L << 20));
                assertEquals(Set.of(), pages(dirty.collect(), 0x400000, 128L << 20));
                guest.machine.resume();
            }
            dirty.stop();
            guest.send("q");
            guest.end();
        }
    }

    @Test
    void aWriterAtFullRateLosesNoPageInItsBlock() {
        long first = 4L << 20;
        long size = 16L << 20;
        try (TestGuest guest = new TestGuest("dirty", "200 16", 1)) {
            guest.machine.start();
            guest.await("\ntick ");
            DirtyPages dirty = guest.machine.dirtyPages();
            dirty.start();
            byte[] copy = new byte[(int) size];
            guest.machine.pause();
            dirty.collect();
            snapshot(guest, first, copy);
            guest.machine.resume();
            for (int round = 0; round < 5; round++) {
                int said = guest.saidLength();
                guest.await("tick ", said);
                guest.machine.pause();
                Set<String> reported = pages(dirty.collect(), first, first + size);
                Set<String> missed = changed(guest, first, copy);
                int written = missed.size();
                missed.removeAll(reported);
                assertEquals(Set.of(), missed);
                // KVM logs a page when the store faults; a pause may come before the store itself.
                assertTrue(
                        reported.size() <= written + 1,
                        () -> written + " written, reported " + reported);
                guest.machine.resume();
            }
            guest.send("q");
            guest.end();
            assertTrue(!guest.said().contains("LOST"), guest.said());
        }
    }

    private static void snapshot(TestGuest guest, long first, byte[] copy) {
        MemorySegment.ofArray(copy)
                .copyFrom(guest.machine.ram().area().segment().asSlice(first, copy.length));
    }

    /** Pages whose content differs from the copy, which then takes them over. */
    private static Set<String> changed(TestGuest guest, long first, byte[] copy) {
        var ram = guest.machine.ram().area().segment().asSlice(first, copy.length);
        var old = MemorySegment.ofArray(copy);
        Set<String> pages = new TreeSet<>();
        for (long at = 0; at < copy.length; at += PAGE) {
            if (ram.asSlice(at, PAGE).mismatch(old.asSlice(at, PAGE)) >= 0) {
                pages.add(Long.toHexString(first + at));
            }
        }
        old.copyFrom(ram);
        return pages;
    }
}
