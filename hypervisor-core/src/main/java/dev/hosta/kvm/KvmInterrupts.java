package dev.hosta.kvm;

import dev.hosta.kvm.abi.IoeventfdLayout;
import dev.hosta.kvm.abi.IrqLevelLayout;
import dev.hosta.kvm.abi.IrqRoutingEntryLayout;
import dev.hosta.kvm.abi.IrqRoutingLayout;
import dev.hosta.kvm.abi.IrqchipLayout;
import dev.hosta.kvm.abi.IrqfdLayout;
import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.kvm.abi.MsiLayout;
import dev.hosta.kvm.abi.PitConfigLayout;
import dev.hosta.kvm.abi.PitState2Layout;
import dev.hosta.linux.EventFd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The interrupt side of a VM; {@link KvmVm} documents each request. Threading: any thread. */
final class KvmInterrupts {
    private static final int CHIP_BYTES = IrqchipLayout.SIZE - IrqchipLayout.CHIP;

    private final KvmFd vm;

    KvmInterrupts(KvmFd vm) {
        this.vm = vm;
    }

    void createIrqchip() {
        vm.call("create the interrupt controllers", KvmRequest.CREATE_IRQCHIP, 0);
    }

    void createPit2() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(PitConfigLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, PitConfigLayout.FLAGS, KvmFlag.PIT_SPEAKER_DUMMY);
            vm.call("create the timer chip", KvmRequest.CREATE_PIT2, s);
        }
    }

    void irqLine(int gsi, boolean high) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(IrqLevelLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, IrqLevelLayout.IRQ, gsi);
            s.set(ValueLayout.JAVA_INT, IrqLevelLayout.LEVEL, high ? 1 : 0);
            vm.call("drive GSI " + gsi, KvmRequest.IRQ_LINE, s);
        }
    }

    void irqfd(EventFd bell, int gsi, boolean deassign) {
        irqfd(bell.number(), gsi, deassign ? KvmFlag.IRQFD_FLAG_DEASSIGN : 0, 0);
    }

    void irqfdLevel(EventFd bell, EventFd resample, int gsi) {
        irqfd(bell.number(), gsi, KvmFlag.IRQFD_FLAG_RESAMPLE, resample.number());
    }

    private void irqfd(int fd, int gsi, int flags, int resample) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(IrqfdLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, IrqfdLayout.FD, fd);
            s.set(ValueLayout.JAVA_INT, IrqfdLayout.GSI, gsi);
            s.set(ValueLayout.JAVA_INT, IrqfdLayout.FLAGS, flags);
            s.set(ValueLayout.JAVA_INT, IrqfdLayout.RESAMPLEFD, resample);
            vm.call("tie an eventfd to GSI " + gsi, KvmRequest.IRQFD, s);
        }
    }

    void ioeventfd(EventFd bell, KvmIoEvent where, boolean deassign) {
        int flags =
                (where.port() ? KvmFlag.IOEVENTFD_FLAG_PIO : 0)
                        | (where.value().isPresent() ? KvmFlag.IOEVENTFD_FLAG_DATAMATCH : 0)
                        | (deassign ? KvmFlag.IOEVENTFD_FLAG_DEASSIGN : 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(IoeventfdLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_LONG, IoeventfdLayout.DATAMATCH, where.value().orElse(0));
            s.set(ValueLayout.JAVA_LONG, IoeventfdLayout.ADDR, where.address());
            s.set(ValueLayout.JAVA_INT, IoeventfdLayout.LEN, where.lengthBytes());
            s.set(ValueLayout.JAVA_INT, IoeventfdLayout.FD, bell.number());
            s.set(ValueLayout.JAVA_INT, IoeventfdLayout.FLAGS, flags);
            String place = (where.port() ? "port 0x" : "gpa 0x");
            place += Long.toHexString(where.address());
            vm.call("tie an eventfd to writes at " + place, KvmRequest.IOEVENTFD, s);
        }
    }

    void setGsiRouting(List<KvmIrqRoute> routes) {
        long bytes = IrqRoutingLayout.SIZE + (long) routes.size() * IrqRoutingEntryLayout.SIZE;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(bytes, 8);
            s.set(ValueLayout.JAVA_INT, IrqRoutingLayout.NR, routes.size());
            long at = IrqRoutingLayout.ENTRIES;
            for (KvmIrqRoute route : routes) {
                write(s, at, route);
                at += IrqRoutingEntryLayout.SIZE;
            }
            vm.call("set " + routes.size() + " GSI routes", KvmRequest.SET_GSI_ROUTING, s);
        }
    }

    private static void write(MemorySegment s, long at, KvmIrqRoute route) {
        s.set(ValueLayout.JAVA_INT, at + IrqRoutingEntryLayout.GSI, route.gsi());
        long type = at + IrqRoutingEntryLayout.TYPE;
        switch (route) {
            case KvmIrqRoute.Pin p -> {
                s.set(ValueLayout.JAVA_INT, type, KvmFlag.IRQ_ROUTING_IRQCHIP);
                s.set(ValueLayout.JAVA_INT, at + IrqRoutingEntryLayout.U_IRQCHIP_IRQCHIP, p.chip());
                s.set(ValueLayout.JAVA_INT, at + IrqRoutingEntryLayout.U_IRQCHIP_PIN, p.pin());
            }
            case KvmIrqRoute.Message m -> {
                int high = (int) (m.address() >>> 32);
                s.set(ValueLayout.JAVA_INT, type, KvmFlag.IRQ_ROUTING_MSI);
                s.set(
                        ValueLayout.JAVA_INT,
                        at + IrqRoutingEntryLayout.U_MSI_ADDRESS_LO,
                        (int) m.address());
                s.set(ValueLayout.JAVA_INT, at + IrqRoutingEntryLayout.U_MSI_ADDRESS_HI, high);
                s.set(ValueLayout.JAVA_INT, at + IrqRoutingEntryLayout.U_MSI_DATA, m.data());
            }
        }
    }

    boolean signalMsi(long address, int data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(MsiLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, MsiLayout.ADDRESS_LO, (int) address);
            s.set(ValueLayout.JAVA_INT, MsiLayout.ADDRESS_HI, (int) (address >>> 32));
            s.set(ValueLayout.JAVA_INT, MsiLayout.DATA, data);
            return vm.call("signal an MSI", KvmRequest.SIGNAL_MSI, s) > 0;
        }
    }

    byte[] irqchip(int chip) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(IrqchipLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, IrqchipLayout.CHIP_ID, chip);
            vm.call("read interrupt controller " + chip, KvmRequest.GET_IRQCHIP, s);
            return s.asSlice(IrqchipLayout.CHIP).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    void setIrqchip(int chip, byte[] state) {
        requireLength(state, CHIP_BYTES, "interrupt controller state");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(IrqchipLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, IrqchipLayout.CHIP_ID, chip);
            MemorySegment.copy(state, 0, s, ValueLayout.JAVA_BYTE, IrqchipLayout.CHIP, CHIP_BYTES);
            vm.call("write interrupt controller " + chip, KvmRequest.SET_IRQCHIP, s);
        }
    }

    byte[] pit() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(PitState2Layout.SIZE, 8);
            vm.call("read the timer chip", KvmRequest.GET_PIT2, s);
            return s.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    void setPit(byte[] state) {
        requireLength(state, PitState2Layout.SIZE, "timer chip state");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(PitState2Layout.SIZE, 8);
            MemorySegment.copy(state, 0, s, ValueLayout.JAVA_BYTE, 0, state.length);
            vm.call("write the timer chip", KvmRequest.SET_PIT2, s);
        }
    }

    static void requireLength(byte[] state, int bytes, String what) {
        if (state.length != bytes) {
            throw new IllegalArgumentException(
                    "The " + what + " has " + bytes + " bytes: length=" + state.length);
        }
    }
}
