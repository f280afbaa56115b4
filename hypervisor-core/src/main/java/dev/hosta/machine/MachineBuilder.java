package dev.hosta.machine;

import dev.hosta.boot.AcpiBoard;
import dev.hosta.boot.AcpiTables;
import dev.hosta.boot.BootLoader;
import dev.hosta.boot.E820;
import dev.hosta.boot.EntryState;
import dev.hosta.boot.GenerationId;
import dev.hosta.boot.KernelImage;
import dev.hosta.boot.KernelImages;
import dev.hosta.boot.PhysicalLayout;
import dev.hosta.boot.VirtioMmioDevice;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.irq.InterruptLine;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.rng.RngDevice;
import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmCapability;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.HostInfo;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.KernelEntropy;
import dev.hosta.linux.RawDisk;
import dev.hosta.linux.StdioPort;
import dev.hosta.memory.GuestRam;
import dev.hosta.memory.HugePageGathering;
import dev.hosta.memory.KvmMemslots;
import dev.hosta.memory.MappedGuestMemory;
import dev.hosta.memory.PcRamLayout;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.ExitDispatcher;
import dev.hosta.vcpu.KvmVirtualCpu;
import dev.hosta.vcpu.VcpuThread;
import dev.hosta.vcpu.VirtualCpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * Puts a machine together: from a spec to vCPUs that wait before their first instruction.
 *
 * <p>Image, disks and networks are opened first, so that a wrong file costs nothing; vCPU threads
 * start as early as KVM allows and create their vCPUs while the image is loaded. What fails half
 * way is closed in reverse.
 *
 * <p>Threading: one use, by the control thread.
 */
final class MachineBuilder {
    /** The in-kernel timer's interrupt arrives where KVM's default routing takes it. */
    private static final int TIMER_GSI = 0;

    /** From this size on, the host is asked whether it has so much at all. */
    private static final long SIZE_WORTH_A_LOOK = 1L << 30;

    private static final KvmCapability[] REQUIRED = {
        KvmCapability.USER_MEMORY,
        KvmCapability.IRQCHIP,
        KvmCapability.PIT2,
        KvmCapability.SET_TSS_ADDR,
        KvmCapability.SET_IDENTITY_MAP_ADDR,
        KvmCapability.EXT_CPUID,
        KvmCapability.IMMEDIATE_EXIT,
    };

    private final MachineSpec spec;
    private final OwnedHandles handles = new OwnedHandles();
    private List<Nets.OpenNet> nets = List.of();

    private final Optional<StdioPort> terminal;
    private Optional<Consoles> consoles = Optional.empty();

    private MachineBuilder(MachineSpec spec, Optional<StdioPort> terminal) {
        this.spec = spec;
        this.terminal = terminal;
    }

    static VirtualMachine build(
            MachineSpec spec, ConsoleOutput console, Optional<StdioPort> terminal) {
        MachineBuilder builder = new MachineBuilder(spec, terminal);
        return builder.orNothing(() -> builder.build(console));
    }

    /** A machine whose vCPUs and RAM are another's; see {@link VirtualMachine#restore}. */
    static VirtualMachine restore(
            MachineSpec spec,
            MachineState state,
            GuestCpu cpu,
            GuestRam ram,
            ConsoleOutput console,
            Optional<StdioPort> terminal) {
        MachineBuilder builder = new MachineBuilder(spec, terminal);
        builder.handles.own(ram, ram::close);
        return builder.orNothing(
                () -> {
                    if (state.vcpus().isEmpty()) {
                        throw new InvalidStateException("The state is of a machine without vCPUs");
                    }
                    int khz = state.vcpus().getFirst().tscKhz();
                    VirtualMachine machine = builder.expect(khz, cpu, ram, console, false);
                    machine.importState(state);
                    return machine;
                });
    }

    /** A machine that waits for another's state; see {@link VirtualMachine#expect}. */
    static VirtualMachine expect(
            MachineSpec spec,
            int tscKhz,
            GuestCpu cpu,
            GuestRam ram,
            ConsoleOutput console,
            Optional<StdioPort> terminal) {
        MachineBuilder builder = new MachineBuilder(spec, terminal);
        builder.handles.own(ram, ram::close);
        return builder.orNothing(() -> builder.expect(tscKhz, cpu, ram, console, true));
    }

    private VirtualMachine orNothing(Supplier<VirtualMachine> making) {
        try {
            return making.get();
        } catch (RuntimeException e) {
            try {
                handles.close();
            } catch (RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    private VirtualMachine build(ConsoleOutput console) {
        BootSpec boot = spec.boot();
        try (KernelImage image = KernelImages.open(boot.kernel(), boot.flatGpa())) {
            checkHostMemory();
            List<RawDisk> disks = openDisks();
            openConsoles();
            openNets();
            Kvm kvm = openKvm();
            KvmVm vm = createVm(kvm);
            return assemble(
                    kvm,
                    vm,
                    createRam(),
                    disks,
                    GuestCpu.ofHost(kvm),
                    IntUnaryOperator.identity(),
                    console,
                    (memory, board, vcpus) -> {
                        EntryState entry = load(image, memory, board);
                        vcpus.forEach(VcpuThread::awaitCreated);
                        vcpus.getFirst().ask(cpu -> enter(cpu, entry));
                    });
        }
    }

    private VirtualMachine expect(
            int tscKhz, GuestCpu cpu, GuestRam ram, ConsoleOutput console, boolean beforeDisks) {
        if (ram.sizeBytes() != spec.memory().sizeBytes()) {
            throw new InvalidStateException(
                    "The state is of another machine: memory=" + ram.sizeBytes() + " bytes");
        }
        checkHostMemory();
        List<RawDisk> disks = beforeDisks ? Disks.notYet(spec.disks(), handles) : openDisks();
        openConsoles();
        openNets();
        Kvm kvm = openKvm();
        return assemble(
                kvm,
                createVm(kvm),
                ram,
                disks,
                cpu,
                hostKhz -> tscKhz,
                console,
                (memory, board, vcpus) -> vcpus.forEach(VcpuThread::awaitCreated));
    }

    /** Puts into a machine what its first vCPU starts with. */
    @FunctionalInterface
    private interface Loading {
        void into(MappedGuestMemory memory, Board board, List<VcpuThread> vcpus);
    }

    private VirtualMachine assemble(
            Kvm kvm,
            KvmVm vm,
            GuestRam ram,
            List<RawDisk> disks,
            GuestCpu cpu,
            IntUnaryOperator tscKhz,
            ConsoleOutput console,
            Loading loading) {
        StageTwoMap map = new StageTwoMap(new KvmMemslots(vm));
        ram.mapInto(map);
        MachineEnd end = new MachineEnd();
        MappedGuestMemory memory = new MappedGuestMemory(map);
        // Before the board, so that interrupts outlive the devices that send them.
        Optional<VirtioSlots> slots =
                spec.hasVirtioDevices()
                        ? Optional.of(createSlots(vm, memory, end))
                        : Optional.empty();
        Board board = createBoard(vm, ram, console, end);
        slots.ifPresent(free -> Disks.plug(spec.disks(), disks, free, board));
        if (!nets.isEmpty()) {
            Nets.plug(nets, slots.orElseThrow(), board);
        }
        consoles.ifPresent(some -> some.plug(slots.orElseThrow(), board));
        spec.rng().ifPresent(rng -> plugRng(rng, slots.orElseThrow(), board));
        PagingLimits limits = PagingLimits.of(cpu.supported());
        CrashScene scene = new CrashScene(memory, map, limits, end);
        List<VcpuThread> vcpus = startVcpus(kvm, vm, cpu, tscKhz, board, scene);
        end.onEnd(() -> vcpus.forEach(VcpuThread::pauseSoon));
        loading.into(memory, board, vcpus);
        VcpuLook look = new VcpuLook(vcpus, memory, map, limits);
        MachineDisks held = new MachineDisks(disks);
        VirtualMachine machine =
                new VirtualMachine(spec, vm, ram, map, look, board, held, cpu, vcpus, end, handles);
        if (spec.memory().hugePages() == HugePages.NONE) {
            HugePageGathering gathering =
                    HugePageGathering.start(ram, machine.running()::restDisks);
            handles.own(gathering, gathering::close);
        }
        return machine;
    }

    private List<RawDisk> openDisks() {
        List<DiskSpec> specs = spec.disks();
        return specs.isEmpty() ? List.of() : Disks.open(specs, handles);
    }

    private void openNets() {
        List<NetSpec> specs = spec.nets();
        nets = specs.isEmpty() ? List.of() : Nets.open(specs, handles);
    }

    private static Void enter(VirtualCpu cpu, EntryState entry) {
        cpu.setEntry(EntryRegisters.regs(entry), EntryRegisters.sregs(entry, cpu.sregs()));
        return null;
    }

    private void checkHostMemory() {
        long size = spec.memory().sizeBytes();
        if (size > SIZE_WORTH_A_LOOK && size > HostInfo.totalBytes()) {
            throw new SpecException(
                    "Cannot give the guest more memory than this host has: memory="
                            + (size >> 20)
                            + "M, host="
                            + (HostInfo.totalBytes() >> 20)
                            + "M. Lower --memory.");
        }
    }

    private Kvm openKvm() {
        Kvm kvm = Kvm.open();
        handles.own(kvm, kvm::close);
        for (KvmCapability capability : REQUIRED) {
            if (kvm.check(capability) == 0) {
                throw new SpecException(
                        "Cannot run guests on this host: its KVM lacks KVM_CAP_"
                                + capability
                                + ". Update the host's kernel.");
            }
        }
        int most = Math.max(1, kvm.check(KvmCapability.MAX_VCPUS));
        if (spec.cpus() > most) {
            throw new SpecException(
                    "Cannot run so many vCPUs on this host: cpus="
                            + spec.cpus()
                            + ", its KVM allows "
                            + most
                            + ". Lower --cpus.");
        }
        return kvm;
    }

    private KvmVm createVm(Kvm kvm) {
        KvmVm vm = kvm.createVm();
        handles.own(vm, vm::close);
        vm.setIdentityMapAddress(PhysicalLayout.KVM_IDENTITY_MAP_GPA);
        vm.setTssAddress(PhysicalLayout.KVM_TSS_GPA);
        vm.createIrqchip();
        vm.createPit2();
        return vm;
    }

    private GuestRam createRam() {
        MemorySpec memory = spec.memory();
        GuestRam ram = GuestRam.create(memory.sizeBytes(), memory.hugePages(), memory.prealloc());
        handles.own(ram, ram::close);
        return ram;
    }

    private VirtioSlots createSlots(KvmVm vm, MappedGuestMemory memory, MachineEnd end) {
        VirtioSlots slots = new VirtioSlots(vm, memory, end);
        return handles.own(slots, slots::close);
    }

    private void openConsoles() {
        if (!spec.consoles().isEmpty()) {
            consoles = Optional.of(Consoles.open(spec.consoles(), terminal, handles));
        }
    }

    private static void plugRng(RngSpec rng, VirtioSlots slots, Board board) {
        slots.plug(
                board,
                "rng",
                "rng",
                loop ->
                        new RngDevice(
                                new KernelEntropy(),
                                rng.bytesPerSecond(),
                                loop.newAlarm(),
                                loop::execute));
    }

    private Board createBoard(KvmVm vm, GuestRam ram, ConsoleOutput console, MachineEnd end) {
        long low = Math.min(ram.sizeBytes(), PcRamLayout.HOLE_GPA);
        Board board =
                new Board(gsi -> line(vm, gsi), console, low, ram.sizeBytes() - low, end::request);
        return handles.own(board, board::close);
    }

    private static InterruptLine line(KvmVm vm, int gsi) {
        return high -> vm.irqLine(gsi, high);
    }

    private List<VcpuThread> startVcpus(
            Kvm kvm,
            KvmVm vm,
            GuestCpu cpu,
            IntUnaryOperator tscKhz,
            Board board,
            CrashScene scene) {
        int cpus = spec.cpus();
        VirtualCpu.Factory factory =
                index ->
                        KvmVirtualCpu.create(
                                vm,
                                index,
                                khz -> cpu.table(index, cpus, tscKhz.applyAsInt(khz)),
                                kvm::msrIndexList);
        ExitDispatcher dispatcher = new ExitDispatcher(board.ports(), board.mmio());
        List<VcpuThread> vcpus = new ArrayList<>(cpus);
        for (int i = 0; i < cpus; i++) {
            VcpuThread vcpu = new VcpuThread(i, factory, dispatcher, scene);
            vcpus.add(handles.own(vcpu, vcpu::stop));
            vcpu.start();
        }
        return List.copyOf(vcpus);
    }

    private static String commandLine(BootSpec boot, Board board) {
        return boot.virtioCmdline()
                ? VirtioMmioDevice.announce(boot.commandLine(), board.virtioMmio())
                : boot.commandLine();
    }

    private EntryState load(KernelImage image, MappedGuestMemory memory, Board board) {
        BootSpec boot = spec.boot();
        GenerationId.renew(memory, new KernelEntropy());
        long rsdp =
                AcpiTables.write(memory, new AcpiBoard(spec.cpus(), TIMER_GSI, board.virtioMmio()));
        return BootLoader.load(
                memory,
                E820.forRam(spec.memory().sizeBytes()),
                image,
                boot.initrd(),
                commandLine(boot, board),
                OptionalLong.of(rsdp));
    }
}
