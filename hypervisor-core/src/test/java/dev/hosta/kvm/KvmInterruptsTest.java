package dev.hosta.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.abi.KvmExit;
import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.linux.EventFd;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Interrupts in, notifications out, and the dirty log with manual protection. */
@RequiresKvm
class KvmInterruptsTest {
    /**
     * Sets up the PIC with IRQ 4 alone unmasked, says so at port 0x80, then waits for interrupts.
     */
    private static final int[] WAIT_FOR_IRQ_4 = {
        0xb0, 0x11, 0xe6, 0x20, // mov al, 0x11 ; out 0x20, al   ICW1: edge, cascade, ICW4
        0xb0, 0x08, 0xe6, 0x21, // mov al, 0x08 ; out 0x21, al   ICW2: vectors from 8
        0xb0, 0x04, 0xe6, 0x21, // mov al, 0x04 ; out 0x21, al   ICW3: slave at 2
        0xb0, 0x01, 0xe6, 0x21, // mov al, 0x01 ; out 0x21, al   ICW4: 8086
        0xb0, 0xef, 0xe6, 0x21, // mov al, 0xef ; out 0x21, al   all masked but 4
        0xe6, 0x80, //             out 0x80, al
        0xfb, //                   sti
        0xf4, //                   hlt
        0xeb, 0xfd, //             jmp to hlt
    };

    /** Counts in BX, reports at port 0xe9, acknowledges. */
    private static final int[] HANDLER = {
        0x43, //                   inc bx
        0x88, 0xd8, //             mov al, bl
        0xe6, 0xe9, //             out 0xe9, al
        0xb0, 0x20, 0xe6, 0x20, // mov al, 0x20 ; out 0x20, al   EOI
        0xcf, //                   iret
    };

    private static MicroGuest interruptGuest() {
        MicroGuest guest = new MicroGuest(true, 0, WAIT_FOR_IRQ_4);
        guest.put(0x2000, HANDLER);
        guest.put((8 + 4) * 4, 0x00, 0x20, 0x00, 0x00); // vector 12 -> 0000:2000
        assertEquals(KvmExit.EXIT_IO, guest.exit());
        assertEquals(0x80, guest.vcpu.runArea().ioPort());
        return guest;
    }

    private static void assertInterrupt(MicroGuest guest, int count) {
        assertEquals(KvmExit.EXIT_IO, guest.exit());
        assertEquals(0xe9, guest.vcpu.runArea().ioPort());
        assertEquals(count, guest.vcpu.runArea().ioLoad(0));
    }

    @Test
    void irqLineReachesTheGuest() {
        try (MicroGuest guest = interruptGuest()) {
            for (int i = 1; i <= 3; i++) {
                guest.vm.irqLine(4, true);
                guest.vm.irqLine(4, false);
                assertInterrupt(guest, i);
            }
        }
    }

    @Test
    void irqfdReachesTheGuest() {
        try (MicroGuest guest = interruptGuest();
                EventFd bell = EventFd.create()) {
            guest.vm.irqfd(bell, 4, false);
            for (int i = 1; i <= 3; i++) {
                bell.signal();
                assertInterrupt(guest, i);
            }
            guest.vm.irqfd(bell, 4, true);
        }
    }

    @Test
    void routedGsiReachesTheGuest() {
        try (MicroGuest guest = interruptGuest();
                EventFd bell = EventFd.create()) {
            guest.vm.setGsiRouting(
                    List.of(
                            new KvmIrqRoute.Pin(40, KvmFlag.IRQCHIP_PIC_MASTER, 4),
                            new KvmIrqRoute.Message(41, 0xfee0_0000L, 0x31)));
            guest.vm.irqfd(bell, 40, false);
            bell.signal();
            assertInterrupt(guest, 1);
        }
    }

    @Test
    void ioeventfdRingsWithoutAnExit() {
        try (MicroGuest guest =
                        new MicroGuest(
                                0xba, 0x10, 0x05, // mov dx, 0x510
                                0xb8, 0x07, 0x00, // mov ax, 7
                                0xef, //             out dx, ax      rings
                                0x40, //             inc ax
                                0xef, //             out dx, ax      exits: another value
                                0xb8, 0x00, 0x20, // mov ax, 0x2000
                                0x8e, 0xd8, //       mov ds, ax
                                0xc7, 0x06, 0x50, 0x00, 0x01, 0x00, // mov word [0x50], 1   rings
                                0xf4); //            hlt
                EventFd port = EventFd.create();
                EventFd mmio = EventFd.create()) {
            guest.vm.ioeventfd(port, KvmIoEvent.port(0x510, 2).matching(7), false);
            guest.vm.ioeventfd(mmio, KvmIoEvent.mmio(0x20050, 2), false);
            assertEquals(KvmExit.EXIT_IO, guest.exit());
            assertEquals(8, guest.vcpu.runArea().ioLoad(0));
            assertEquals(1, port.drain());
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertEquals(0, port.drain());
            assertEquals(1, mmio.drain());
            guest.vm.ioeventfd(mmio, KvmIoEvent.mmio(0x20050, 2), true);
            KvmException e =
                    assertThrows(
                            KvmException.class,
                            () -> guest.vm.ioeventfd(mmio, KvmIoEvent.mmio(0x20050, 2), true));
            assertEquals(
                    "Cannot tie an eventfd to writes at gpa 0x20050: ioctl KVM_IOEVENTFD failed,"
                            + " errno=ENOENT(2).",
                    e.getMessage());
        }
    }

    @Test
    void dirtyLogWithManualProtectionKeepsBitsUntilCleared() {
        try (MicroGuest guest =
                        new MicroGuest(
                                0xc6, 0x06, 0x00, 0x50, 0x01, // mov byte [0x5000], 1
                                0xf4, //                         hlt
                                0xc6, 0x06, 0x00, 0x60, 0x01, // mov byte [0x6000], 1
                                0xf4); //                        hlt
                Arena arena = Arena.ofConfined()) {
            guest.vm.enableCapability(
                    KvmCapability.MANUAL_DIRTY_LOG_PROTECT2,
                    KvmFlag.DIRTY_LOG_MANUAL_PROTECT_ENABLE);
            long hva = guest.ram.hva();
            guest.vm.setMemoryRegion(0, KvmFlag.MEM_LOG_DIRTY_PAGES, 0, MicroGuest.SIZE_BYTES, hva);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            MemorySegment bitmap = arena.allocate(guest.vm.dirtyBitmapBytes(0), 8);
            guest.vm.dirtyLog(0, bitmap);
            assertTrue((bitmap.get(ValueLayout.JAVA_LONG, 0) & 1 << 5) != 0);
            assertTrue((guest.vm.dirtyLog(0)[0] & 1 << 5) != 0, "reading cleared it");
            guest.vm.clearDirtyLog(0, 0, 16, bitmap);
            assertEquals(0, guest.vm.dirtyLog(0)[0]);
            assertEquals(KvmExit.EXIT_HLT, guest.exit());
            assertArrayEquals(new long[] {1 << 6}, guest.vm.dirtyLog(0));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> guest.vm.dirtyLog(0, arena.allocate(4, 8)));
            assertThrows(IllegalArgumentException.class, () -> guest.vm.dirtyLog(1));
        }
    }
}
