package dev.hosta.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.KvmRun;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.kvm.abi.KvmExit;
import dev.hosta.linux.HugePages;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The map, its slots and the dirty pages against what the real KVM does with them. */
@RequiresKvm
class MemoryOnKvmTest {
    private static final long K4 = 4096;
    private static final long RAM_BYTES = 64L << 20;

    /**
     * Writes to each address of a list of u64 at rsi that ends with 0.
     *
     * <pre>
     *   0: 48 ad       lodsq
     *   2: 48 85 c0    test rax, rax
     *   5: 74 05       jz   c
     *   7: 48 89 00    mov  [rax], rax
     *   a: eb f4       jmp  0
     *   c: e6 f4       out  0xf4, al
     * </pre>
     */
    private static final byte[] WRITE_LIST = {
        0x48,
        (byte) 0xad,
        0x48,
        (byte) 0x85,
        (byte) 0xc0,
        0x74,
        0x05,
        0x48,
        (byte) 0x89,
        0x00,
        (byte) 0xeb,
        (byte) 0xf4,
        (byte) 0xe6,
        (byte) 0xf4
    };

    /**
     * Counts at rdi until the byte at rsi is set.
     *
     * <pre>
     *   0: 48 ff 07    inc  qword [rdi]
     *   3: 80 3e 00    cmp  byte [rsi], 0
     *   6: 74 f8       je   0
     *   8: e6 f4       out  0xf4, al
     * </pre>
     */
    private static final byte[] COUNT = {
        0x48,
        (byte) 0xff,
        0x07,
        (byte) 0x80,
        0x3e,
        0x00,
        0x74,
        (byte) 0xf8,
        (byte) 0xe6,
        (byte) 0xf4
    };

    /**
     * Reads a qword at rsi, writes it back.
     *
     * <pre>
     *   0: 48 8b 06    mov  rax, [rsi]
     *   3: 48 89 06    mov  [rsi], rax
     *   6: e6 f4       out  0xf4, al
     * </pre>
     */
    private static final byte[] READ_THEN_WRITE = {
        0x48, (byte) 0x8b, 0x06, 0x48, (byte) 0x89, 0x06, (byte) 0xe6, (byte) 0xf4
    };

    private static void writeList(MicroGuest guest, List<Long> gpas) {
        long at = MicroGuest.DATA;
        for (long gpa : gpas) {
            guest.memory.storeU64(at, gpa);
            at += 8;
        }
        guest.memory.storeU64(at, 0);
    }

    /**
     * The pages of a set that are not the guest's tables, code and list. KVM may name those without
     * a write: AMD's nested walk reaches the guest's tables by writes, and a page that is first
     * read while it is logged is mapped writable.
     */
    private static TreeSet<Long> payload(DirtySet set) {
        return new TreeSet<>(pages(set).tailSet(MicroGuest.FREE));
    }

    private static TreeSet<Long> pages(DirtySet set) {
        TreeSet<Long> pages = new TreeSet<>();
        set.forEachRun(
                (offset, length) -> {
                    for (long at = offset; at < offset + length; at += K4) {
                        pages.add(at);
                    }
                });
        return pages;
    }

    @Test
    void dirtyPagesAreThoseThatTheGuestAndTheVmmWrote() {
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, WRITE_LIST)) {
            DirtyPages dirty = new DirtyPages(guest.map, guest.ram.area(), guest.vm);
            Random random = new Random(7);
            for (int round = 0; round < 4; round++) {
                TreeSet<Long> written = new TreeSet<>();
                List<Long> list = new ArrayList<>();
                for (int i = 0; i < 150; i++) {
                    long page = random.nextLong(MicroGuest.FREE / K4, RAM_BYTES / K4) * K4;
                    written.add(page);
                    list.add(page + random.nextInt(4088));
                }
                writeList(guest, list);
                if (round == 0) {
                    dirty.start();
                } else {
                    assertEquals(new TreeSet<>(List.of(MicroGuest.DATA)), pages(dirty.collect()));
                }
                guest.assertEnded(guest.start(MicroGuest.DATA, 0));
                long vmm = random.nextLong(MicroGuest.FREE / K4, RAM_BYTES / K4) * K4;
                guest.memory.storeU16(vmm + 4094, round);
                written.add(vmm);
                assertEquals(written, payload(dirty.collect()));
                assertTrue(dirty.collect().isEmpty());
            }
            dirty.stop();
        }
    }

    @Test
    void ramFromFourGiBOnIsLoggedByItsOffset() {
        try (MicroGuest guest = new MicroGuest(5L << 30, WRITE_LIST)) {
            assertEquals(2, guest.map.slots().size());
            DirtyPages dirty = new DirtyPages(guest.map, guest.ram.area(), guest.vm);
            writeList(guest, List.of(0xbfff_f000L, 0x1_0000_0000L, 0x1_7fff_fff8L));
            dirty.start();
            guest.assertEnded(guest.start(MicroGuest.DATA, 0));
            assertEquals(
                    List.of(0xbfff_f000L, 0xc000_0000L, 0x1_3fff_f000L),
                    List.copyOf(payload(dirty.collect())));
            assertEquals(0x1_7fff_fff8L, guest.memory.loadU64(0x1_7fff_fff8L));
        }
    }

    @Test
    void aWriteToRomExitsAndTheMapSaysWhy() {
        long romGpa = 0xffff_0000L;
        try (GuestRam rom = GuestRam.create(1 << 16, HugePages.NONE, false);
                MicroGuest guest = new MicroGuest(RAM_BYTES, READ_THEN_WRITE)) {
            rom.area().segment().set(java.lang.foreign.ValueLayout.JAVA_LONG, 0x10, 0x1122334455L);
            guest.map.mapRom(new GpaRange(romGpa, 1 << 16), new HostBacking(rom.area(), 0));
            assertEquals(KvmExit.EXIT_MMIO, guest.start(romGpa + 0x10, 0));
            KvmRun run = guest.vcpu.runArea();
            assertTrue(run.mmioIsWrite());
            assertEquals(romGpa + 0x10, run.mmioGpa());
            assertEquals(0x1122334455L, run.mmioLoad());
            EptViolation violation =
                    assertInstanceOf(
                            EptViolation.class, guest.map.translate(run.mmioGpa(), Access.WRITE));
            assertEquals(Optional.of(LeafKind.ROM), violation.kind());
            guest.assertEnded(guest.resume());
        }
    }

    @Test
    void aMissExitsForReadAndWrite() {
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, READ_THEN_WRITE)) {
            guest.map.mapMmio(new GpaRange(0xd000_0000L, K4));
            assertEquals(KvmExit.EXIT_MMIO, guest.start(0xd000_0008L, 0));
            KvmRun run = guest.vcpu.runArea();
            assertEquals(0xd000_0008L, run.mmioGpa());
            run.mmioStore(0x77);
            assertEquals(KvmExit.EXIT_MMIO, guest.resume());
            assertTrue(run.mmioIsWrite());
            assertEquals(0x77, run.mmioLoad());
            guest.assertEnded(guest.resume());
        }
    }

    @Test
    void protectedRamIsReadOnlyForTheGuestUntilItIsWritableAgain() {
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, READ_THEN_WRITE)) {
            long gpa = 0x20_0000;
            guest.memory.storeU64(gpa, 5);
            guest.map.protect(new GpaRange(gpa, K4), Permissions.RX);
            assertEquals(3, guest.map.slots().size());
            assertEquals(KvmExit.EXIT_MMIO, guest.start(gpa, 0));
            assertEquals(5, guest.vcpu.runArea().mmioLoad());
            guest.assertEnded(guest.resume());
            guest.map.protect(new GpaRange(gpa, K4), Permissions.RWX);
            assertEquals(1, guest.map.slots().size());
            guest.assertEnded(guest.start(gpa, 0));
        }
    }

    @Test
    void slotsComeAndGoBesideARunningGuest() throws Exception {
        long counter = 0x10_0000;
        long stop = 0x11_0000;
        try (MicroGuest guest = new MicroGuest(RAM_BYTES, COUNT);
                GuestRam more = GuestRam.create(RAM_BYTES, HugePages.NONE, false)) {
            DirtyPages dirty = new DirtyPages(guest.map, guest.ram.area(), guest.vm);
            CompletableFuture<Integer> exit =
                    CompletableFuture.supplyAsync(() -> guest.start(stop, counter));
            GpaRange range = new GpaRange(1L << 32, RAM_BYTES);
            for (int i = 0; i < 20; i++) {
                guest.map.mapRam(range, new HostBacking(more.area(), 0));
                awaitProgress(guest, counter, exit);
                dirty.start();
                guest.map.unmap(range);
                awaitProgress(guest, counter, exit);
                assertTrue(dirty.collect().contains(counter));
                dirty.stop();
            }
            guest.memory.storeU8(stop, 1);
            guest.assertEnded(exit.get(30, TimeUnit.SECONDS));
        }
    }

    private static void awaitProgress(
            MicroGuest guest, long counter, CompletableFuture<Integer> exit)
            throws InterruptedException, ExecutionException, TimeoutException {
        long before = guest.memory.loadU64(counter);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (guest.memory.loadU64(counter) == before) {
            if (exit.isDone()) {
                guest.assertEnded(exit.get());
                throw new AssertionError("The guest ended early");
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("The guest makes no progress");
            }
            Thread.onSpinWait();
        }
    }
}
