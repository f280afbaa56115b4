package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.hosta.kvm.KvmSegment;
import dev.hosta.kvm.KvmTranslation;
import dev.hosta.kvm.RequiresKvm;

import org.junit.jupiter.api.Test;

import java.util.Random;

/** The walker against KVM's own, and against bits that the guest's CPU sets. */
@RequiresKvm
class StageOneOnKvmTest {
    private static final byte[] NO_CODE = {};
    private static final long RAM_BYTES = 16 << 20;
    private static final long TABLES = 0x10_0000;
    private static final int TABLE_COUNT = 64;

    /** {@code mov [rsi], rax; out 0xf4, al}. */
    private static final byte[] WRITE = {0x48, (byte) 0x89, 0x06, (byte) 0xe6, (byte) 0xf4};

    /** Random entries: tables of our own, pages, holes, and now and then a reserved bit. */
    private static void fillTables(
            MicroGuest guest, Random random, int entryBytes, int firstTarget) {
        for (long at = TABLES; at < TABLES + TABLE_COUNT * 4096; at += entryBytes) {
            boolean large = random.nextInt(6) == 0;
            long target =
                    large
                            ? random.nextLong(8) << random.nextInt(20, 31)
                            : TABLES + random.nextInt(firstTarget, TABLE_COUNT) * 4096L;
            long flags = random.nextInt(8) == 0 ? 0 : 1;
            flags |= random.nextInt(1 << 12) & 0xe7e;
            flags |= large ? 0x80 : 0;
            if (random.nextInt(40) == 0) {
                flags |= 1L << random.nextInt(12, entryBytes * 8);
            }
            if (entryBytes == 8) {
                guest.memory.storeU64(at, target | flags);
            } else {
                guest.memory.storeU32(at, target | flags);
            }
        }
    }

    private static void compare(MicroGuest guest, Random random, int linearBits) {
        StageOneWalker walker = new StageOneWalker(guest.memory);
        PagingState state = guest.pagingState();
        if (state.mode() == PagingMode.LEGACY_32) {
            // KVM's own walk takes 36 bits of a 4M page, whatever MAXPHYADDR is.
            state = new PagingState(state.cr0(), state.cr3(), state.cr4(), state.efer(), 36);
        }
        int found = 0;
        for (int i = 0; i < 4000; i++) {
            long gva = random.nextLong() << 64 - linearBits >> 64 - linearBits;
            if (linearBits == 32) {
                gva &= 0xffff_ffffL;
            }
            StageOneResult ours = walker.walk(state, gva, Access.READ, Privilege.SUPERVISOR_AC);
            KvmTranslation kvms = guest.vcpu.translate(gva);
            assertEquals(kvms.valid(), ours instanceof Translation, ours::toText);
            if (ours instanceof Translation translation) {
                assertEquals(kvms.gpa(), translation.gpa(), ours::toText);
                found++;
            }
        }
        assertTrue(found > 100, "Too few translations to say much: " + found);
    }

    private static void compareIn(PagingMode mode, long cr4, long efer, int entryBytes) {
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, NO_CODE)) {
            Random random = new Random(11);
            // KVM's walk sets accessed bits, which are reserved in PAE's pointers: no self-map
            // there.
            fillTables(guest, random, entryBytes, mode == PagingMode.PAE ? 1 : 0);
            if (mode == PagingMode.PAE) {
                for (long i = 0; i < 4; i++) {
                    guest.memory.storeU64(TABLES + i * 8, TABLES + (i + 1) * 4096 | i & 1);
                }
            }
            guest.vcpu.setSregs(
                    guest.vcpu
                            .sregs()
                            .withCs(mode.isLong() ? KvmSegment.code64(8) : KvmSegment.code32(8))
                            .withControl(0x8001_0031L, TABLES, cr4, efer));
            if (guest.pagingState().mode() != mode) {
                String reason = "SKIPPED " + mode + ": this KVM has no paging of this kind";
                System.out.println(reason);
                abort(reason);
            }
            compare(guest, random, mode.linearBits());
        }
    }

    @Test
    void longModeAgreesWithKvm() {
        compareIn(PagingMode.LEVEL_4, 0x20, 0xd00, 8);
    }

    @Test
    void longModeWithoutNxAgreesWithKvm() {
        compareIn(PagingMode.LEVEL_4, 0x20, 0x500, 8);
    }

    @Test
    void legacyPagingAgreesWithKvm() {
        compareIn(PagingMode.LEGACY_32, 0x10, 0, 4);
    }

    @Test
    void paePagingAgreesWithKvm() {
        compareIn(PagingMode.PAE, 0x20, 0x800, 8);
    }

    @Test
    void accessedAndDirtyAreAsTheGuestLeftThem() {
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, WRITE)) {
            long gva = 0xffff_9000_0020_3000L;
            guest.memory.storeU64(MicroGuest.PML4 + 8 * (gva >>> 39 & 511), TABLES | 3);
            guest.memory.storeU64(TABLES, TABLES + 0x1000 | 3);
            guest.memory.storeU64(TABLES + 0x1000 + 8, TABLES + 0x2000 | 3);
            guest.memory.storeU64(TABLES + 0x2000 + 8 * 3, 0x20_0000 | 3);
            StageOneWalker walker = new StageOneWalker(guest.memory);
            PagingState state = guest.pagingState();
            StageOneResult before = walker.walk(state, gva, Access.WRITE, Privilege.SUPERVISOR);
            assertFalse(before.entries().getLast().accessed(), before::toText);
            guest.assertEnded(guest.start(gva, 0));
            Translation after =
                    assertInstanceOf(
                            Translation.class,
                            walker.walk(state, gva, Access.WRITE, Privilege.SUPERVISOR));
            assertEquals(0x20_0000, after.gpa());
            assertTrue(after.entries().stream().allMatch(PageTableEntry::accessed), after::toText);
            assertTrue(after.entries().getLast().dirty(), after::toText);
        }
    }
}
