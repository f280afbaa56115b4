package dev.hosta.memory;

import static dev.hosta.memory.GuestTables.A;
import static dev.hosta.memory.GuestTables.D;
import static dev.hosta.memory.GuestTables.LARGE;
import static dev.hosta.memory.GuestTables.NX;
import static dev.hosta.memory.GuestTables.P;
import static dev.hosta.memory.GuestTables.ROOT;
import static dev.hosta.memory.GuestTables.U;
import static dev.hosta.memory.GuestTables.W;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.util.List;

class StageOneWalkerTest {
    private static final long GVA = 0xffff_8123_4567_8abcL;
    private static final PagingState LONG4 = GuestTables.long4();

    private final Arena arena = Arena.ofShared();
    private final GuestTables guest = new GuestTables(arena);
    private final StageOneWalker walker = new StageOneWalker(guest.memory);

    @AfterEach
    void free() {
        arena.close();
    }

    private StageOneResult walk(PagingState state, long gva, Access access, Privilege privilege) {
        return walker.walk(state, gva, access, privilege);
    }

    private Translation found(PagingState state, long gva) {
        return assertInstanceOf(
                Translation.class, walk(state, gva, Access.READ, Privilege.SUPERVISOR));
    }

    private PageFault fault(PagingState state, long gva, Access access, Privilege privilege) {
        return assertInstanceOf(PageFault.class, walk(state, gva, access, privilege));
    }

    private void assertFault(
            PageFault.Reason reason, int level, int code, Access access, Privilege privilege) {
        assertFault(reason, level, code, fault(LONG4, GVA, access, privilege));
    }

    private static void assertFault(PageFault.Reason reason, int level, int code, PageFault fault) {
        assertEquals(reason, fault.reason(), fault.toText());
        assertEquals(level, fault.level(), fault.toText());
        assertEquals(code, fault.errorCode(), fault.toText());
    }

    @Test
    void noPagingIsTheIdentity() {
        PagingState off = new PagingState(1, 0xdead_beef_0000L, 0, 0, 40);
        Translation identity = found(off, 0x1_0000_7c00L);
        assertEquals(PagingMode.NONE, off.mode());
        assertEquals(0x7c00, identity.gpa());
        assertEquals(List.of(), identity.entries());
    }

    @Test
    void fourLevelsToEachPageSize() {
        guest.map(4, GVA, 1, 0x55_5000 | P | W | A);
        assertEquals(0x55_5abc, found(LONG4, GVA).gpa());
        assertEquals(PageSize.SIZE_4K, found(LONG4, GVA).pageSize());
        guest.map(4, 0x4000_0000L, 2, 0x60_0000 | P | LARGE);
        assertEquals(0x71_2345, found(LONG4, 0x4011_2345L).gpa());
        assertEquals(PageSize.SIZE_2M, found(LONG4, 0x4011_2345L).pageSize());
        guest.map(4, 0x80_0000_0000L, 3, 0x7f_4000_0000L | P | LARGE);
        assertEquals(0x7f_7fff_ffffL, found(LONG4, 0x80_3fff_ffffL).gpa());
        assertEquals(PageSize.SIZE_1G, found(LONG4, 0x80_3fff_ffffL).pageSize());
    }

    @Test
    void fiveLevelsReachFurther() {
        long gva = 0x00aa_bbcc_dd12_3456L;
        guest.map(5, gva, 1, 0x12_3000 | P);
        PagingState long5 = GuestTables.long5();
        Translation translation = found(long5, gva);
        assertEquals(0x12_3456, translation.gpa());
        assertEquals(
                List.of(5, 4, 3, 2, 1),
                translation.entries().stream().map(PageTableEntry::level).toList());
        assertFault(
                PageFault.Reason.NOT_CANONICAL,
                0,
                0,
                fault(LONG4, gva, Access.READ, Privilege.SUPERVISOR));
        assertFault(
                PageFault.Reason.NOT_CANONICAL,
                0,
                0,
                fault(long5, 1L << 56, Access.READ, Privilege.SUPERVISOR));
    }

    @Test
    void paeAndItsPointersWithoutRights() {
        PagingState pae = GuestTables.pae();
        guest.map(3, 0xc012_3456L, 1, 0x9a_b000 | P | W | NX);
        Translation translation = found(pae, 0xc012_3456L);
        assertEquals(0x9a_b456, translation.gpa());
        assertTrue(translation.writable());
        assertFalse(translation.executable());
        guest.map(3, 0x20_0000L, 2, 0x80_0000 | P | LARGE);
        assertEquals(0x80_0001, found(pae, 0xffff_ffff_0020_0001L).gpa());
        guest.entry(ROOT, 1, guest.table() | P | W);
        assertFault(
                PageFault.Reason.RESERVED_BIT,
                3,
                0b01001,
                fault(pae, 0x4000_0000L, Access.READ, Privilege.SUPERVISOR));
    }

    @Test
    void legacyPagesOf4KAnd4M() {
        PagingState legacy = GuestTables.legacy();
        long table = guest.table();
        guest.entry32(ROOT, 0x300, table | P | W | U);
        guest.entry32(table, 0x45, 0x33_3000 | P);
        assertEquals(0x33_3678, found(legacy, 0xc004_5678L).gpa());
        guest.entry32(ROOT, 1, 0x0080_0000 | 0xff << 13 | P | LARGE);
        Translation large = found(legacy, 0x0061_2345L);
        assertEquals(0xff_00a1_2345L, large.gpa());
        assertEquals(PageSize.SIZE_4M, large.pageSize());
        guest.entry32(ROOT, 2, 0x0080_0000 | 1 << 21 | P | LARGE);
        assertFault(
                PageFault.Reason.RESERVED_BIT,
                2,
                0b01001,
                fault(legacy, 0x0080_0000L, Access.READ, Privilege.SUPERVISOR));
        PagingState narrow = new PagingState(legacy.cr0(), ROOT, legacy.cr4(), 0, 36);
        assertFault(
                PageFault.Reason.RESERVED_BIT,
                2,
                0b01001,
                fault(narrow, 0x0040_0000L, Access.READ, Privilege.SUPERVISOR));
        PagingState noPse = new PagingState(legacy.cr0(), ROOT, 0, 0, 40);
        assertFault(
                PageFault.Reason.NOT_PRESENT,
                1,
                0,
                fault(noPse, 0x0080_0000L, Access.READ, Privilege.SUPERVISOR));
    }

    @Test
    void absentAtEachLevel() {
        assertFault(PageFault.Reason.NOT_PRESENT, 4, 0b00000, Access.READ, Privilege.SUPERVISOR);
        guest.map(4, GVA, 3, 0xffff_f000 & ~P);
        assertFault(PageFault.Reason.NOT_PRESENT, 3, 0b00010, Access.WRITE, Privilege.SUPERVISOR);
        guest.map(4, GVA, 2, 0);
        assertFault(PageFault.Reason.NOT_PRESENT, 2, 0b00100, Access.READ, Privilege.USER);
        guest.map(4, GVA, 1, 0);
        assertFault(PageFault.Reason.NOT_PRESENT, 1, 0b10100, Access.EXECUTE, Privilege.USER);
        assertEquals(4, fault(LONG4, GVA, Access.READ, Privilege.USER).entries().size());
    }

    @Test
    void writeProtectionHeedsCr0Wp() {
        guest.map(4, GVA, 1, 0x55_5000 | P | U);
        assertFault(PageFault.Reason.READ_ONLY, 1, 0b00011, Access.WRITE, Privilege.SUPERVISOR);
        assertFault(PageFault.Reason.READ_ONLY, 1, 0b00111, Access.WRITE, Privilege.USER);
        PagingState noWp = new PagingState(0x8000_0001L, ROOT, LONG4.cr4(), LONG4.efer(), 40);
        assertInstanceOf(Translation.class, walk(noWp, GVA, Access.WRITE, Privilege.SUPERVISOR));
        assertFault(
                PageFault.Reason.READ_ONLY,
                1,
                0b00111,
                fault(noWp, GVA, Access.WRITE, Privilege.USER));
    }

    @Test
    void rightsAreThoseOfAllLevelsAndTheFirstThatTakesOneIsNamed() {
        guest.map(4, GVA, 1, 0x55_5000 | P | W | U);
        guest.map(4, GVA, 4, guest.memory.loadU64(ROOT + 8 * 258) & ~W | NX);
        guest.map(4, GVA, 3, guest.memory.loadU64(0x2000 + 8 * (GVA >>> 30 & 511)) & ~U);
        assertFault(PageFault.Reason.READ_ONLY, 4, 0b00011, Access.WRITE, Privilege.SUPERVISOR);
        assertFault(PageFault.Reason.SUPERVISOR_PAGE, 3, 0b00101, Access.READ, Privilege.USER);
        assertFault(PageFault.Reason.NO_EXECUTE, 4, 0b10001, Access.EXECUTE, Privilege.SUPERVISOR);
        Translation translation = found(LONG4, GVA);
        assertFalse(translation.writable());
        assertFalse(translation.user());
        assertFalse(translation.executable());
    }

    @Test
    void smepAndSmapKeepTheSupervisorOffUserPages() {
        guest.map(4, GVA, 1, 0x55_5000 | P | W | U);
        PagingState smep = GuestTables.withCr4(LONG4, GuestTables.CR4_SMEP);
        PagingState smap = GuestTables.withCr4(LONG4, GuestTables.CR4_SMAP);
        assertFault(
                PageFault.Reason.SMEP,
                1,
                0b10001,
                fault(smep, GVA, Access.EXECUTE, Privilege.SUPERVISOR_AC));
        assertInstanceOf(Translation.class, walk(smep, GVA, Access.EXECUTE, Privilege.USER));
        assertFault(
                PageFault.Reason.SMAP,
                1,
                0b00011,
                fault(smap, GVA, Access.WRITE, Privilege.SUPERVISOR));
        assertInstanceOf(Translation.class, walk(smap, GVA, Access.WRITE, Privilege.SUPERVISOR_AC));
        assertInstanceOf(Translation.class, walk(smap, GVA, Access.EXECUTE, Privilege.SUPERVISOR));
    }

    @Test
    void reservedBits() {
        guest.map(4, GVA, 1, 0x55_5000 | P | 1L << 40);
        assertFault(PageFault.Reason.RESERVED_BIT, 1, 0b01001, Access.READ, Privilege.SUPERVISOR);
        guest.map(4, GVA, 2, 0x60_0000 | P | LARGE | 1 << 13);
        assertFault(PageFault.Reason.RESERVED_BIT, 2, 0b01101, Access.READ, Privilege.USER);
        guest.map(4, GVA, 3, 0x4000_0000 | P | LARGE | 1 << 29);
        assertFault(PageFault.Reason.RESERVED_BIT, 3, 0b01001, Access.READ, Privilege.SUPERVISOR);
        guest.map(4, GVA, 4, 0x2000 | P | LARGE);
        assertFault(PageFault.Reason.RESERVED_BIT, 4, 0b01001, Access.READ, Privilege.SUPERVISOR);
        guest.map(4, GVA, 4, 0x2000 | P | W | NX);
        PagingState noNx =
                new PagingState(LONG4.cr0(), ROOT, LONG4.cr4(), GuestTables.EFER_LMA, 40);
        assertFault(
                PageFault.Reason.RESERVED_BIT,
                4,
                0b01001,
                fault(noNx, GVA, Access.EXECUTE, Privilege.SUPERVISOR));
        PagingState wide = new PagingState(LONG4.cr0(), ROOT, LONG4.cr4(), LONG4.efer(), 52);
        guest.map(4, 0x1000, 1, 0xf_ffff_ffff_f000L | P);
        assertEquals(0xf_ffff_ffff_f123L, found(wide, 0x1123).gpa());
    }

    @Test
    void withoutPagesOf1GTheirBitIsReserved() {
        guest.map(4, GVA, 3, 0x4000_0000 | P | LARGE);
        assertEquals(PageSize.SIZE_1G, found(LONG4, GVA).pageSize());
        PagingState without =
                new PagingState(LONG4.cr0(), ROOT, LONG4.cr4(), LONG4.efer(), 40, false);
        assertFault(
                PageFault.Reason.RESERVED_BIT,
                3,
                0b01001,
                fault(without, GVA, Access.READ, Privilege.SUPERVISOR));
    }

    @Test
    void hostileTablesEnd() {
        guest.entry(ROOT, 256, ROOT | P | W);
        long self = 0xffff_8040_2010_0000L;
        Translation loop = found(LONG4, self);
        assertEquals(ROOT, loop.gpa());
        assertEquals(4, loop.entries().size());
        guest.entry(ROOT, 0, GuestTables.MMIO_GPA | P);
        PageFault mmio = fault(LONG4, 0, Access.READ, Privilege.SUPERVISOR);
        assertFault(PageFault.Reason.TABLE_NOT_IN_RAM, 3, 0, mmio);
        assertEquals(GuestTables.MMIO_GPA, mmio.tableGpa());
        PagingState nowhere =
                new PagingState(LONG4.cr0(), 0xf_ffff_ffff_f000L, LONG4.cr4(), LONG4.efer(), 52);
        assertFault(
                PageFault.Reason.TABLE_NOT_IN_RAM,
                4,
                0,
                fault(nowhere, 0, Access.READ, Privilege.SUPERVISOR));
    }

    @Test
    void tablesStayAsTheyAreAndTheirBitsAreReported() {
        long at = guest.map(4, GVA, 1, 0x55_5000 | P | W | D);
        PageTableEntry last =
                assertInstanceOf(
                                Translation.class,
                                walk(LONG4, GVA, Access.WRITE, Privilege.SUPERVISOR))
                        .entries()
                        .getLast();
        assertTrue(last.dirty());
        assertFalse(last.accessed());
        assertEquals(0x55_5000 | P | W | D, guest.memory.loadU64(at));
    }

    @Test
    void textShowsTheWholeWalk() {
        guest.map(4, GVA, 1, 0x55_5000 | P | A | NX);
        assertEquals(
                """
                gva 0xffff812345678abc -> gpa 0x555abc, 4K page r-- supervisor
                  4-level, cr3=0x1000, WP=1 NXE=1 SMEP=0 SMAP=0, MAXPHYADDR=40
                  PML4E table 0x1000 [258] = 0x0000000000002007  PWU-----
                  PDPTE table 0x2000 [141] = 0x0000000000003007  PWU-----
                  PDE   table 0x3000 [43] = 0x0000000000004007  PWU-----
                  PTE   table 0x4000 [120] = 0x8000000000555021  P--A---X\
                """,
                found(LONG4, GVA).toText());
        assertEquals(
                "gva 0xffff812345678abc: guest wrote, but the page is read-only, level 1, error"
                        + " code 0x3",
                fault(LONG4, GVA, Access.WRITE, Privilege.SUPERVISOR).summary());
    }

    @Test
    void bothStagesComposed() {
        AddressTranslator translator = new AddressTranslator(guest.map);
        guest.map(4, 0x1000, 1, 0x55_5000 | P | W);
        guest.map(4, 0x2000, 1, GuestTables.MMIO_GPA | P | W);
        AddressTranslation.Mapped mapped =
                assertInstanceOf(
                        AddressTranslation.Mapped.class,
                        translator.translate(LONG4, 0x1fff, Access.READ, Privilege.SUPERVISOR));
        assertEquals(0x55_5fff, mapped.stageTwo().backing().offset());
        assertTrue(mapped.toText().contains("gpa 0x555fff -> ram + 0x555fff"), mapped.toText());
        AddressTranslation.StageTwoFault mmio =
                assertInstanceOf(
                        AddressTranslation.StageTwoFault.class,
                        translator.translate(LONG4, 0x2004, Access.WRITE, Privilege.SUPERVISOR));
        assertTrue(mmio.toText().contains("Guest wrote MMIO at gpa 0xd0000004"), mmio.toText());
        assertInstanceOf(
                AddressTranslation.StageOneFault.class,
                translator.translate(LONG4, 0x3000, Access.READ, Privilege.SUPERVISOR));
    }
}
