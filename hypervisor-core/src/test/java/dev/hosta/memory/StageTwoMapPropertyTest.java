package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Thousands of random changes against a map of single pages that cannot be wrong. */
class StageTwoMapPropertyTest {
    private static final int CHANGES = 1500;
    private static final long K4 = 1L << 12;

    /** One page as the model knows it. */
    private record Page(LeafKind kind, Permissions permissions, HostArea host, long offset) {
        Page with(Permissions now) {
            return new Page(kind, now, host, offset);
        }
    }

    private final FakeMemslots kvm = new FakeMemslots();
    private final StageTwoMap map = new StageTwoMap(kvm);
    private final HostArea[] hosts = {
        TestHost.untouchable("a", 0x7000_0000_0000L, 1L << 25),
        TestHost.untouchable("b", 0x7000_0000_0000L + (1L << 25), 1L << 25)
    };
    private final TreeMap<Long, Page> model = new TreeMap<>();
    private boolean logDirty;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomChangesAgreeWithSinglePages(long seed) {
        Random random = new Random(seed);
        int done = 0;
        for (int i = 0; i < CHANGES; i++) {
            // Two windows of 16 MiB: one over 0, one over the border of two 512 GiB tables.
            long window = random.nextBoolean() ? 0 : (1L << 39) - (1L << 23);
            GpaRange range = randomRange(random, window);
            int failAfter = random.nextInt(10) == 0 ? random.nextInt(3) : -1;
            kvm.failAfter(failAfter, 1);
            TreeMap<Long, Page> before = new TreeMap<>(model);
            try {
                change(random, range);
                done++;
            } catch (MemoryException e) {
                model.clear();
                model.putAll(before);
            }
            kvm.failAfter(-1, 0);
            if (i % 10 == 0) {
                checkLookups(random);
                checkLeaves();
            }
            if (i % 4 == 0 || failAfter >= 0) {
                checkSlots();
            }
        }
        assertFalse(done < CHANGES / 4, "Only " + done + " changes went through");
    }

    private static GpaRange randomRange(Random random, long window) {
        long unit = random.nextInt(3) == 0 ? K4 : 1L << 21;
        long units = (1L << 24) / unit;
        long start = random.nextLong(units);
        long count = 1 + random.nextLong(Math.min(units - start, 5));
        return new GpaRange(window + start * unit, count * unit);
    }

    private void change(Random random, GpaRange range) {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> mapMemory(random, range);
            case 3 -> {
                forEachPage(
                        range,
                        gpa -> model.put(gpa, new Page(LeafKind.MMIO, Permissions.RW, null, 0)));
                map.mapMmio(range);
            }
            case 4, 5 -> {
                forEachPage(range, model::remove);
                map.unmap(range);
            }
            case 6 -> {
                List<Permissions> choice =
                        List.of(Permissions.NONE, Permissions.RX, Permissions.RWX);
                Permissions now = choice.get(random.nextInt(choice.size()));
                forEachPage(range, gpa -> model.computeIfPresent(gpa, (g, p) -> p.with(now)));
                map.protect(range, now);
            }
            default -> {
                map.logDirty(!logDirty);
                logDirty = !logDirty;
            }
        }
    }

    private void mapMemory(Random random, GpaRange range) {
        HostArea host = hosts[random.nextInt(hosts.length)];
        LeafKind kind = random.nextInt(4) == 0 ? LeafKind.ROM : LeafKind.RAM;
        Permissions permissions = kind == LeafKind.ROM ? Permissions.RX : Permissions.RWX;
        long offset = random.nextInt(4) == 0 ? random.nextInt(16) * K4 : range.gpa() & 0xff_ffffL;
        forEachPage(
                range,
                gpa ->
                        model.put(
                                gpa,
                                new Page(kind, permissions, host, offset + gpa - range.gpa())));
        map.map(range, kind, permissions, MemoryType.WB, new HostBacking(host, offset));
    }

    private static void forEachPage(GpaRange range, java.util.function.LongConsumer action) {
        for (long gpa = range.gpa(); gpa < range.endGpa(); gpa += K4) {
            action.accept(gpa);
        }
    }

    private void checkLookups(Random random) {
        model.forEach((gpa, page) -> checkPage(gpa, Optional.of(page), random));
        for (int i = 0; i < 100; i++) {
            long gpa =
                    (random.nextBoolean() ? 0 : (1L << 39) - (1L << 23)) + random.nextInt(1 << 24);
            checkPage(gpa, Optional.ofNullable(model.get(gpa & -K4)), random);
        }
    }

    private void checkPage(long gpa, Optional<Page> expected, Random random) {
        Access access = Access.values()[random.nextInt(3)];
        switch (map.translate(gpa, access)) {
            case HostTranslation found -> {
                Page page = expected.orElseThrow();
                assertEquals(page.kind(), found.leaf().kind());
                assertEquals(page.permissions(), found.leaf().permissions());
                assertEquals(
                        new HostBacking(page.host(), page.offset() + (gpa & (K4 - 1))),
                        found.backing());
                assertEquals(true, page.permissions().allows(access));
            }
            case EptViolation violation -> {
                assertEquals(expected.map(Page::kind), violation.kind());
                assertEquals(
                        expected.map(Page::permissions).orElse(Permissions.NONE),
                        violation.allowed());
                assertEquals(
                        false,
                        expected.filter(p -> p.kind() != LeafKind.MMIO)
                                .filter(p -> p.permissions().allows(access))
                                .isPresent());
            }
        }
    }

    /** What KVM holds is what the pages give when neighbours are joined, and nothing else. */
    private void checkSlots() {
        List<FakeMemslots.Slot> expected = new ArrayList<>();
        Page last = null;
        for (Map.Entry<Long, Page> entry : model.entrySet()) {
            long gpa = entry.getKey();
            Page page = entry.getValue();
            if (page.host() == null || !page.permissions().read()) {
                last = null;
                continue;
            }
            int flags =
                    page.permissions().write()
                            ? (logDirty ? Memslot.LOG_DIRTY : 0)
                            : Memslot.READONLY;
            FakeMemslots.Slot run = expected.isEmpty() ? null : expected.getLast();
            if (last != null
                    && run.gpa() + run.sizeBytes() == gpa
                    && run.flags() == flags
                    && last.kind() == page.kind()
                    && last.host() == page.host()
                    && last.offset() + K4 == page.offset()) {
                expected.removeLast();
                expected.add(
                        new FakeMemslots.Slot(flags, run.gpa(), run.sizeBytes() + K4, run.hva()));
            } else {
                expected.add(
                        new FakeMemslots.Slot(flags, gpa, K4, page.host().hva() + page.offset()));
            }
            last = page;
        }
        List<FakeMemslots.Slot> held = new ArrayList<>(kvm.slots.values());
        held.sort((a, b) -> Long.compare(a.gpa(), b.gpa()));
        assertEquals(expected, held);
        assertEquals(
                held,
                map.slots().stream()
                        .map(s -> new FakeMemslots.Slot(s.flags(), s.gpa(), s.sizeBytes(), s.hva()))
                        .toList());
    }

    /** Leaves are exactly the model's pages, and no 512 neighbours could be one. */
    private void checkLeaves() {
        Iterator<Map.Entry<Long, Page>> pages = model.entrySet().iterator();
        List<StageTwoLeaf> run = new ArrayList<>();
        for (StageTwoLeaf leaf : map.leaves()) {
            for (long gpa = leaf.gpa(); gpa < leaf.range().endGpa(); gpa += K4) {
                assertEquals(gpa, pages.next().getKey());
            }
            if (!run.isEmpty() && !continues(run.getLast(), leaf)) {
                run.clear();
            }
            run.add(leaf);
            if (run.size() >= 512 && mergeable(run.subList(run.size() - 512, run.size()))) {
                fail("Could be merged: 512 leaves up to " + leaf);
            }
        }
        assertFalse(pages.hasNext());
    }

    private static boolean continues(StageTwoLeaf a, StageTwoLeaf b) {
        return a.size() == b.size()
                && a.range().endGpa() == b.gpa()
                && a.kind() == b.kind()
                && a.permissions().equals(b.permissions())
                && a.backing()
                        .map(
                                x ->
                                        b.backing()
                                                .filter(y -> y.host() == x.host())
                                                .filter(
                                                        y ->
                                                                y.offset()
                                                                        == x.offset()
                                                                                + a.size().bytes())
                                                .isPresent())
                        .orElse(b.backing().isEmpty());
    }

    private static boolean mergeable(List<StageTwoLeaf> leaves) {
        StageTwoLeaf first = leaves.getFirst();
        long mask = first.size().bytes() * 512 - 1;
        return first.size() != PageSize.SIZE_1G
                && (first.gpa() & mask) == 0
                && (first.backing().map(HostBacking::offset).orElse(0L) & mask) == 0;
    }
}
