package dev.hosta.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.abi.KvmExit;
import dev.hosta.kvm.abi.KvmFlag;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Exits of real-mode guests, as {@link KvmRun} shows them. */
@RequiresKvm
class KvmVcpuExitTest {
    @Test
    void aPortWriteShowsPortWidthAndValue() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xba, 0xf8, 0x03, // mov dx, 0x3f8
                        0xb0, 0x41, //       mov al, 'A'
                        0xee, //             out dx, al
                        0x66, 0xb8, 0x78, 0x56, 0x34, 0xf2, // mov eax, 0xf2345678
                        0x66, 0xef, //       out dx, eax
                        0xf4)) { //          hlt
            KvmRun run = guest.vcpu.runArea();
            assertEquals(KvmExit.EXIT_IO, guest.exit());
            assertTrue(run.ioIsOut());
            assertEquals(0x3f8, run.ioPort());
            assertEquals(1, run.ioSizeBytes());
            assertEquals(1, run.ioCount());
            assertEquals('A', run.ioLoad(0));
            assertEquals(KvmExit.EXIT_IO, guest.exit());
            assertEquals(4, run.ioSizeBytes());
            assertEquals(0xf234_5678L, run.ioLoad(0));
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
        }
    }

    @Test
    void aPortReadTakesWhatIsStored() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xba, 0x60, 0x00, // mov dx, 0x60
                        0xed, //             in ax, dx
                        0xa3, 0x00, 0x20, // mov [0x2000], ax
                        0xf4)) { //          hlt
            assertEquals(KvmExit.EXIT_IO, guest.exit());
            KvmRun run = guest.vcpu.runArea();
            assertFalse(run.ioIsOut());
            assertEquals(2, run.ioSizeBytes());
            run.ioStore(0, 0xbeef);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertEquals((short) 0xbeef, guest.memory().get(ValueLayout.JAVA_SHORT, 0x2000));
        }
    }

    @Test
    void aStringWriteGivesAllItsData() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xbe, 0x00, 0x30, // mov si, 0x3000
                        0xb9, 0x05, 0x00, // mov cx, 5
                        0xba, 0x80, 0x00, // mov dx, 0x80
                        0xfc, //             cld
                        0xf3, 0x6e, //       rep outsb
                        0xf4)) { //          hlt
            guest.put(0x3000, 'h', 'e', 'l', 'l', 'o');
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            while (guest.exit() == KvmExit.EXIT_IO) {
                byte[] data = guest.vcpu.runArea().ioData().toArray(ValueLayout.JAVA_BYTE);
                written.writeBytes(data);
            }
            assertEquals("hello", written.toString(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void anAccessOutsideTheMemslotIsMmio() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xb8, 0x00, 0x20, // mov ax, 0x2000
                        0x8e, 0xd8, //       mov ds, ax
                        0xc7, 0x06, 0x10, 0x00, 0x34, 0x92, // mov word [0x10], 0x9234
                        0x8b, 0x1e, 0x20, 0x00, //             mov bx, [0x20]
                        0xf4)) { //                            hlt
            KvmRun run = guest.vcpu.runArea();
            assertEquals(KvmExit.EXIT_MMIO, guest.exit());
            assertTrue(run.mmioIsWrite());
            assertEquals(0x20010, run.mmioGpa());
            assertEquals(2, run.mmioLength());
            assertEquals(0x9234, run.mmioLoad());
            assertEquals(KvmExit.EXIT_MMIO, guest.exit());
            assertFalse(run.mmioIsWrite());
            assertEquals(0x20020, run.mmioGpa());
            run.mmioStore(0xcafe);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertEquals(0xcafe, guest.vcpu.regs().rbx() & 0xffff);
        }
    }

    @Test
    void aWriteToAReadOnlyMemslotIsMmio() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xb8, 0x00, 0x20, // mov ax, 0x2000
                        0x8e, 0xd8, //       mov ds, ax
                        0x8a, 0x1e, 0x00, 0x00, //       mov bl, [0]
                        0xc6, 0x06, 0x00, 0x00, 0x55, // mov byte [0], 0x55
                        0xf4)) { //                      hlt
            long hva = guest.ram.hva() + 0x8000;
            guest.put(0x8000, 0x77);
            guest.vm.setMemoryRegion(1, KvmFlag.MEM_READONLY, 0x20000, 0x1000, hva);
            assertEquals(KvmExit.EXIT_MMIO, guest.exit());
            assertEquals(0x55, guest.vcpu.runArea().mmioLoad());
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertEquals(0x77, guest.vcpu.regs().rbx() & 0xff);
            assertEquals(0x77, guest.memory().get(ValueLayout.JAVA_BYTE, 0x8000));
        }
    }

    @Test
    void immediateExitCompletesPendingIo() {
        try (MicroGuest guest =
                new MicroGuest(
                        0xe4, 0x60, // in al, 0x60
                        0xf4)) { //    hlt
            assertEquals(KvmExit.EXIT_IO, guest.exit());
            KvmRun run = guest.vcpu.runArea();
            run.ioStore(0, 0x5a);
            run.setImmediateExit(true);
            assertTrue(run.immediateExit());
            assertEquals(RunResult.INTERRUPTED, guest.vcpu.run());
            assertEquals(0x5a, guest.vcpu.regs().rax() & 0xff);
            assertEquals(MicroGuest.CODE_GPA + 2, guest.vcpu.regs().rip());
            run.setImmediateExit(false);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
        }
    }

    @Test
    void singleStepExitsAfterEachInstruction() {
        try (MicroGuest guest =
                new MicroGuest(
                        0x90, //    nop
                        0x43, //    inc bx
                        0xf4)) { // hlt
            guest.vcpu.setGuestDebug(KvmFlag.GUESTDBG_ENABLE | KvmFlag.GUESTDBG_SINGLESTEP);
            for (int step = 1; step <= 2; step++) {
                assertEquals(KvmExit.EXIT_DEBUG, guest.exit());
                assertEquals(MicroGuest.CODE_GPA + step, guest.vcpu.runArea().debugPc());
                assertEquals(1, guest.vcpu.runArea().debugException());
            }
            guest.vcpu.setGuestDebug(0);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertEquals(1, guest.vcpu.regs().rbx());
        }
    }

    @Test
    void kvmTranslatesByTheGuestsOwnTables() {
        try (MicroGuest guest = new MicroGuest(0xf4)) { // hlt
            long large = 1 << 7;
            guest.memory().set(ValueLayout.JAVA_LONG, 0x4000, 0x5000 | 3);
            guest.memory().set(ValueLayout.JAVA_LONG, 0x5000, 0x6000 | 3);
            guest.memory().set(ValueLayout.JAVA_LONG, 0x6000 + 8, large | 3);
            guest.vcpu.setSregs(
                    guest.vcpu
                            .sregs()
                            .withCs(KvmSegment.code64(8))
                            .withData(KvmSegment.data(16))
                            .withControl(0x8000_0011L, 0x4000, 0x20, 0x500));
            assertEquals(
                    List.of(new KvmTranslation(true, 0x1234)),
                    List.of(guest.vcpu.translate(0x20_1234)));
            assertFalse(guest.vcpu.translate(0x40_0000).valid());
        }
    }

    @Test
    void dirtyLogNamesThePagesThatTheGuestWrote() {
        try (MicroGuest guest =
                new MicroGuest(
                        false,
                        MicroGuest.logDirtyPages(),
                        0xc6,
                        0x06,
                        0x00,
                        0x50,
                        0x01, // mov byte [0x5000], 1
                        0xc6,
                        0x06,
                        0x00,
                        0x90,
                        0x01, // mov byte [0x9000], 1
                        0xf4)) { //                      hlt
            guest.vm.dirtyLog(0);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            long written = 1 << 5 | 1 << 9;
            long logged = guest.vm.dirtyLog(0)[0];
            // A first round may show a page more than was written, never one less.
            assertEquals(written, logged & written);
            assertTrue(Long.bitCount(logged) <= 3, () -> Long.toHexString(logged));
            assertArrayEquals(new long[] {0}, guest.vm.dirtyLog(0));
        }
    }
}
