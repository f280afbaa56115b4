package dev.hosta.kvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.linux.Errno;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Every pair of get and set, and how a refusal reads. */
@RequiresKvm
class KvmStateTest {
    private static final int MSR_TSC = 0x10;
    private static final int MSR_LSTAR = 0xc000_0082;
    private static final int NO_SUCH_MSR = 0x4fff_ffff;

    @Test
    void generalRegisters() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            KvmRegs all =
                    new KvmRegs(1, 2, 3, 4, 5, 6, 7, 8, -9, 10, 11, 12, 13, 14, 15, 16, 17, 0x246);
            guest.vcpu.setRegs(all);
            assertEquals(all, guest.vcpu.regs());
            KvmRegs changed = KvmRegs.RESET.withRax(1).withRbx(2).withRcx(3).withRdx(4);
            changed = changed.withRsi(5).withRdi(6).withRsp(7).withRbp(8).withRip(17);
            assertEquals(
                    new KvmRegs(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0x202),
                    changed.withRflags(0x202));
        }
    }

    @Test
    void segmentAndControlRegisters() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            KvmSregs longMode =
                    guest.vcpu
                            .sregs()
                            .withCs(KvmSegment.code64(8))
                            .withData(KvmSegment.data(16))
                            .withTr(KvmSegment.tss(0x3000, 0x67, 24))
                            .withTables(
                                    new KvmDescriptorTable(0x2000, 0x27),
                                    new KvmDescriptorTable(0x2800, 0xfff))
                            .withControl(0x8000_0011L, 0x4000, 0x20, 0x500);
            guest.vcpu.setSregs(longMode);
            assertEquals(longMode, guest.vcpu.sregs());
        }
    }

    @Test
    void vectorRegisters() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            byte[] area = guest.vcpu.xsave();
            assertEquals(guest.vcpu.xsaveSizeBytes(), area.length);
            area[160] = 0x5a; // XMM0
            area[512] |= 3; // XSTATE_BV: x87 and SSE are not in their initial state
            guest.vcpu.setXsave(area);
            assertArrayEquals(area, guest.vcpu.xsave());
            List<KvmXcr> xcrs = guest.vcpu.xcrs();
            assertEquals(1, xcrs.getFirst().value() & 1);
            guest.vcpu.setXcrs(List.of(new KvmXcr(0, 3)));
            assertEquals(List.of(new KvmXcr(0, 3)), guest.vcpu.xcrs());
            assertThrows(IllegalArgumentException.class, () -> guest.vcpu.setXsave(new byte[4095]));
        }
    }

    @Test
    void allListedMsrsThatCanBeRead() {
        try (MicroGuest guest = new MicroGuest(true, 0, 0xf4)) {
            List<KvmMsr> readable = new ArrayList<>();
            for (int index : guest.kvm.msrIndexList()) {
                try {
                    readable.addAll(guest.vcpu.msrs(index));
                } catch (KvmException e) {
                    assertEquals(0, e.errno(), e.getMessage());
                }
            }
            assertTrue(readable.size() > 20, () -> "Few MSRs: " + readable);
            guest.vcpu.setMsrs(readable);
            guest.vcpu.setMsrs(List.of(new KvmMsr(MSR_LSTAR, 0xffff_8000_1234_5678L)));
            assertEquals(
                    List.of(new KvmMsr(MSR_LSTAR, 0xffff_8000_1234_5678L)),
                    guest.vcpu.msrs(MSR_LSTAR));
        }
    }

    @Test
    void aRefusedMsrIsNamed() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            KvmException read =
                    assertThrows(KvmException.class, () -> guest.vcpu.msrs(MSR_TSC, NO_SUCH_MSR));
            assertEquals(
                    "Cannot read MSR 0x4fffffff: ioctl KVM_GET_MSRS came back early."
                            + " This KVM refuses it; the 1 MSRs before it in the list were taken.",
                    read.getMessage());
            KvmException write =
                    assertThrows(
                            KvmException.class,
                            () -> guest.vcpu.setMsrs(List.of(new KvmMsr(NO_SUCH_MSR, 0x77))));
            assertTrue(
                    write.getMessage().startsWith("Cannot write MSR 0x4fffffff with value 0x77: "),
                    write.getMessage());
        }
    }

    @Test
    void localApic() {
        try (MicroGuest guest = new MicroGuest(true, 0, 0xf4)) {
            byte[] lapic = guest.vcpu.lapic();
            lapic[0x80] = 0x20; // task priority
            lapic[0xa0] = 0x20; // processor priority, which KVM derives from it
            guest.vcpu.setLapic(lapic);
            assertArrayEquals(lapic, guest.vcpu.lapic());
        }
    }

    @Test
    void eventsRunStateAndDebugRegisters() {
        try (MicroGuest guest = new MicroGuest(true, 0, 0xf4)) {
            guest.vcpu.nmi();
            KvmVcpuEvents events = guest.vcpu.events();
            guest.vcpu.setEvents(events);
            assertEquals(events, guest.vcpu.events());
            KvmVcpuEvents masked =
                    new KvmVcpuEvents(
                            events.exception(),
                            events.interrupt(),
                            new KvmVcpuEvents.Nmi(false, 0, true),
                            events.sipiVector(),
                            KvmFlag.VCPUEVENT_VALID_NMI_PENDING,
                            events.smi(),
                            false);
            guest.vcpu.setEvents(masked);
            assertEquals(masked.nmi(), guest.vcpu.events().nmi());

            guest.vcpu.setMpState(KvmFlag.MP_STATE_HALTED);
            assertEquals(KvmFlag.MP_STATE_HALTED, guest.vcpu.mpState());

            KvmDebugRegs debug = new KvmDebugRegs(1, 2, 3, 4, 0xffff_0ff1L, 0x401);
            guest.vcpu.setDebugRegs(debug);
            assertEquals(debug, guest.vcpu.debugRegs());
        }
    }

    @Test
    void cpuidAndTsc() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            List<CpuidEntry> supported = guest.kvm.supportedCpuid();
            assertTrue(supported.size() > 10);
            List<CpuidEntry> set = guest.vcpu.cpuid();
            assertEquals(supported.size(), set.size());
            assertTrue(guest.vcpu.tscKhz() > 100_000);
            guest.vcpu.setTscKhz(guest.vcpu.tscKhz());
            assertFalse(guest.vcpu.kvmclockCtrl());
        }
    }

    @Test
    void chipsTimerAndClock() {
        try (MicroGuest guest = new MicroGuest(true, 0, 0xf4)) {
            for (int chip = 0; chip < KvmFlag.NR_IRQCHIPS; chip++) {
                byte[] state = guest.vm.irqchip(chip);
                assertEquals(512, state.length);
                guest.vm.setIrqchip(chip, state);
                assertArrayEquals(state, guest.vm.irqchip(chip));
            }
            byte[] pit = guest.vm.pit();
            assertEquals(112, pit.length);
            guest.vm.setPit(pit);
            KvmClock clock = guest.vm.clock();
            guest.vm.setClock(new KvmClock(1_000_000_000_000L, 0, 0, 0));
            long after = guest.vm.clock().nanos();
            assertTrue(after >= 1_000_000_000_000L, () -> clock + " then " + after);
            assertTrue(after < 1_100_000_000_000L, () -> clock + " then " + after);
        }
    }

    @Test
    void capabilitiesAndLimits() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            assertEquals(12, guest.kvm.apiVersion());
            assertTrue(guest.kvm.check(KvmCapability.NR_MEMSLOTS) >= 32);
            assertTrue(guest.vm.check(KvmCapability.IMMEDIATE_EXIT) > 0);
            assertTrue(guest.kvm.vcpuMmapSizeBytes() >= 4096);
        }
    }

    @Test
    void refusalsSayWhatWhyAndWhatNext() {
        try (MicroGuest guest = new MicroGuest(0xf4)) {
            KvmException overlap =
                    assertThrows(
                            KvmException.class,
                            () -> guest.vm.setMemoryRegion(1, 0, 0x8000, 0x1000, guest.ram.hva()));
            assertEquals(
                    "Cannot set memslot 1 [0x8000, 0x9000): ioctl KVM_SET_USER_MEMORY_REGION"
                            + " failed, errno=EEXIST(17). It overlaps another slot.",
                    overlap.getMessage());
            assertEquals(Errno.EEXIST, overlap.errno());
            assertEquals("ioctl KVM_SET_USER_MEMORY_REGION", overlap.call());
            KvmException twice =
                    assertThrows(KvmException.class, () -> guest.vm.createVcpu(0).close());
            assertEquals(
                    "Cannot create vCPU 0: ioctl KVM_CREATE_VCPU failed, errno=EEXIST(17)."
                            + " The VM has a vCPU of this id already.",
                    twice.getMessage());
        }
    }

    @Test
    void closedHandlesRefuse() {
        MicroGuest guest = new MicroGuest(0xf4);
        guest.close();
        assertThrows(IllegalStateException.class, guest.vcpu::run);
        assertThrows(IllegalStateException.class, () -> guest.vcpu.runArea().exitReason());
        assertThrows(IllegalStateException.class, guest.vm::clock);
        guest.close();
    }
}
