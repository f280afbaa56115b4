package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;

class StageTwoMapTest {
    private static final long K4 = 1L << 12;
    private static final long M2 = 1L << 21;
    private static final long G1 = 1L << 30;

    private final FakeMemslots kvm = new FakeMemslots();
    private final StageTwoMap map = new StageTwoMap(kvm);
    private final HostArea ram = TestHost.untouchable("ram", 0x7000_0000_0000L, 300 * G1);

    private HostBacking at(long offset) {
        return new HostBacking(ram, offset);
    }

    private List<String> shape() {
        return map.leaves().stream().map(l -> l.size() + " " + l.kind()).toList();
    }

    @Test
    void pcLayoutOf256GiBIsOneLeafAGiBAndTwoSlots() {
        map.mapRam(new GpaRange(0, 3 * G1), at(0));
        map.mapRam(new GpaRange(4 * G1, 253 * G1), at(3 * G1));
        assertEquals(256, map.leaves().size());
        assertTrue(map.leaves().stream().allMatch(l -> l.size() == PageSize.SIZE_1G));
        assertEquals(
                List.of("set 0 0 0x0+0xc0000000", "set 1 0 0x100000000+0x3f40000000"), kvm.calls);
        HostTranslation last =
                assertInstanceOf(HostTranslation.class, map.translate(257 * G1 - 1, Access.WRITE));
        assertEquals(256 * G1 - 1, last.backing().offset());
        assertEquals(0x7000_0000_0000L + 256 * G1 - 1, last.backing().hva());
    }

    @Test
    void protectingOnePageSplitsAndUndoingItMerges() {
        map.mapRam(new GpaRange(0, 2 * G1), at(0));
        map.protect(new GpaRange(G1 + 5 * M2 + K4, K4), Permissions.RX);
        assertEquals(1 + 511 + 512, map.leaves().size());
        assertEquals(3, map.slots().size());
        assertEquals(
                "Guest wrote RAM at gpa 0x40a01008: the leaf [0x40a01000, 0x40a02000) allows r-x",
                assertInstanceOf(EptViolation.class, map.translate(0x40a0_1008L, Access.WRITE))
                        .toText());
        assertInstanceOf(HostTranslation.class, map.translate(0x40a0_1008L, Access.READ));
        map.protect(new GpaRange(G1 + 5 * M2 + K4, K4), Permissions.RWX);
        assertEquals(List.of("1G RAM", "1G RAM"), shape());
        assertEquals(1, map.slots().size());
    }

    @Test
    void neighboursMergeOnlyWhereTheirHostMemoryIsAligned() {
        for (long i = 511; i >= 0; i--) {
            map.mapRam(new GpaRange(M2 + i * K4, K4), at(i * K4));
        }
        assertEquals(List.of("2M RAM"), shape());
        for (long i = 0; i < 512; i++) {
            map.mapRam(new GpaRange(4 * M2 + i * K4, K4), at(4 * M2 + K4 + i * K4));
        }
        assertEquals(1 + 512, map.leaves().size());
        assertEquals(2, map.slots().size());
    }

    @Test
    void overlapIsRefusedWithBothRanges() {
        map.mapRam(new GpaRange(0, 64 * M2), at(0));
        map.mapMmio(new GpaRange(0xd000_0000L, K4));
        int before = kvm.calls.size();
        MemoryException e =
                assertThrows(
                        MemoryException.class,
                        () -> map.mapRam(new GpaRange(0xc000_0000L, G1), at(0)));
        assertEquals(
                "Cannot map RAM [0xc0000000, 0x100000000): it overlaps MMIO [0xd0000000,"
                        + " 0xd0001000). Unmap that first.",
                e.getMessage());
        e = assertThrows(MemoryException.class, () -> map.mapMmio(new GpaRange(5 * M2, K4)));
        assertTrue(e.getMessage().contains("overlaps RAM [0x0, 0x8000000)"), e.getMessage());
        assertEquals(before, kvm.calls.size());
    }

    @Test
    void violationsSayWhatTheGuestDid() {
        map.mapRom(new GpaRange(0xffff_0000L, 16 * K4), at(0));
        map.mapMmio(new GpaRange(0xd000_0000L, K4));
        EptViolation rom =
                assertInstanceOf(EptViolation.class, map.translate(0xffff_fff0L, Access.WRITE));
        assertEquals(Optional.of(LeafKind.ROM), rom.kind());
        assertEquals(Permissions.RX, rom.allowed());
        assertEquals(0b101_010, rom.exitQualification());
        assertEquals(
                "Guest wrote ROM at gpa 0xfffffff0: the leaf [0xfffff000, 0x100000000) allows r-x",
                rom.toText());
        EptViolation mmio =
                assertInstanceOf(EptViolation.class, map.translate(0xd000_0004L, Access.READ));
        assertEquals(0b000_001, mmio.exitQualification());
        assertEquals(
                "Guest read MMIO at gpa 0xd0000004: the leaf [0xd0000000, 0xd0001000) allows"
                        + " rw-, by exits",
                mmio.toText());
        EptViolation hole =
                assertInstanceOf(EptViolation.class, map.translate(-1L, Access.EXECUTE));
        assertEquals(Optional.empty(), hole.kind());
        assertEquals(
                "Guest executed at gpa 0xffffffffffffffff, where nothing is mapped", hole.toText());
    }

    @Test
    void romIsAReadOnlySlotAndMmioIsNone() {
        map.mapRom(new GpaRange(0, K4), at(0));
        map.mapMmio(new GpaRange(K4, K4));
        map.mapRam(new GpaRange(2 * K4, K4), at(K4));
        assertEquals(List.of("set 0 2 0x0+0x1000", "set 1 0 0x2000+0x1000"), kvm.calls);
    }

    @Test
    void deletesComeFirstAndNumbersAreUsedAgain() {
        map.mapRam(new GpaRange(0, 4 * K4), at(0));
        kvm.calls.clear();
        map.unmap(new GpaRange(K4, K4));
        assertEquals(List.of("delete 0", "set 0 0 0x0+0x1000", "set 1 0 0x2000+0x2000"), kvm.calls);
        kvm.calls.clear();
        map.mapRam(new GpaRange(8 * K4, K4), at(8 * K4));
        assertEquals(List.of("set 2 0 0x8000+0x1000"), kvm.calls);
        kvm.calls.clear();
        map.mapRam(new GpaRange(K4, K4), at(K4));
        assertEquals(List.of("delete 0", "delete 1", "set 0 0 0x0+0x4000"), kvm.calls);
    }

    @Test
    void loggingIsSwitchedInPlaceAndLeavesRomAlone() {
        map.mapRam(new GpaRange(0, K4), at(0));
        map.mapRom(new GpaRange(K4, K4), at(K4));
        kvm.calls.clear();
        map.logDirty(true);
        map.logDirty(true);
        map.mapRam(new GpaRange(4 * K4, K4), at(4 * K4));
        map.logDirty(false);
        assertEquals(
                List.of(
                        "set 0 1 0x0+0x1000",
                        "set 2 1 0x4000+0x1000",
                        "set 0 0 0x0+0x1000",
                        "set 2 0 0x4000+0x1000"),
                kvm.calls);
    }

    @Test
    void aSinkThatFailsHalfWayIsRolledBack() {
        map.mapRam(new GpaRange(0, 4 * K4), at(0));
        List<Memslot> slots = map.slots();
        for (int good = 0; good < 3; good++) {
            kvm.failAfter(good, 1);
            MemoryException e =
                    assertThrows(MemoryException.class, () -> map.unmap(new GpaRange(K4, K4)));
            assertTrue(e.getMessage().endsWith("are as before."), e.getMessage());
            assertEquals(slots, map.slots());
            assertEquals(1, kvm.slots.size());
            assertInstanceOf(HostTranslation.class, map.translate(K4, Access.READ));
        }
    }

    @Test
    void aSinkThatRefusesTheWayBackIsMendedByTheNextChange() {
        map.mapRam(new GpaRange(0, 4 * K4), at(0));
        kvm.failAfter(1, 2);
        MemoryException e =
                assertThrows(MemoryException.class, () -> map.unmap(new GpaRange(K4, K4)));
        assertTrue(e.getMessage().contains("Going back failed too"), e.getMessage());
        assertEquals(List.of(), map.slots());
        assertEquals(4, map.leaves().size());
        map.mapRam(new GpaRange(8 * K4, K4), at(8 * K4));
        assertEquals(2, map.slots().size());
        assertEquals(2, kvm.slots.size());
    }

    @Test
    void holesAndBadRangesAreRefused() {
        map.mapRam(new GpaRange(0, K4), at(0));
        map.mapRom(new GpaRange(2 * K4, K4), at(0));
        assertMessage("at gpa 0x1000", () -> map.unmap(new GpaRange(0, 3 * K4)));
        assertMessage("at gpa 0x3000", () -> map.unmap(new GpaRange(2 * K4, 2 * K4)));
        assertMessage(
                "nothing is mapped at gpa 0x8000",
                () -> map.protect(new GpaRange(8 * K4, K4), Permissions.R));
        assertMessage(
                "there is ROM at gpa 0x2000",
                () -> map.protect(new GpaRange(2 * K4, K4), Permissions.RW));
        assertMessage("whole 4 KiB pages", () -> new GpaRange(1, K4));
        assertMessage("whole 4 KiB pages", () -> new GpaRange(0, 0));
        assertMessage("past 2^48", () -> new GpaRange(-K4, K4));
        assertMessage("past 2^48", () -> new GpaRange(K4, 1L << 48));
        assertMessage(
                "needs 0x2000 bytes",
                () -> map.mapRam(new GpaRange(0x100000, 2 * K4), at(300 * G1 - K4)));
    }

    private static void assertMessage(
            String part, org.junit.jupiter.api.function.Executable action) {
        MemoryException e = assertThrows(MemoryException.class, action);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
