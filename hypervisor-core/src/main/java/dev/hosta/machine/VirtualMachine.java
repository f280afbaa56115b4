package dev.hosta.machine;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;
import dev.hosta.kvm.KvmVm;
import dev.hosta.memory.Access;
import dev.hosta.memory.AddressTranslation;
import dev.hosta.memory.AddressTranslator;
import dev.hosta.memory.DirtyPages;
import dev.hosta.memory.GuestRam;
import dev.hosta.memory.PagingState;
import dev.hosta.memory.Privilege;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.VcpuState;
import dev.hosta.vcpu.VcpuThread;
import dev.hosta.vcpu.VirtualCpu;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A machine, from its first instruction to its end: the facade that commands, snapshots and
 * migration drive.
 *
 * <p>Threading: {@link #start}, {@link #pause}, {@link #resume}, the state methods and {@link
 * #close} are serialised by the machine's own lock; {@link #requestStop}, {@link #awaitEnd} and the
 * console methods are for any thread.
 */
public final class VirtualMachine implements AutoCloseable {
    private static final int MASTER_PIC = 0;
    private static final int SLAVE_PIC = 1;
    private static final int IOAPIC = 2;

    private final MachineSpec spec;
    private final KvmVm vm;
    private final GuestRam ram;
    private final StageTwoMap map;
    private final PagingLimits limits;
    private final Board board;
    private final List<VcpuThread> vcpus;
    private final MachineEnd end;
    private final OwnedHandles handles;
    private final Object lock = new Object();
    private MachinePhase phase = MachinePhase.CREATED;

    VirtualMachine(
            MachineSpec spec,
            KvmVm vm,
            GuestRam ram,
            StageTwoMap map,
            PagingLimits limits,
            Board board,
            List<VcpuThread> vcpus,
            MachineEnd end,
            OwnedHandles handles) {
        this.spec = spec;
        this.vm = vm;
        this.ram = ram;
        this.map = map;
        this.limits = limits;
        this.board = board;
        this.vcpus = vcpus;
        this.end = end;
        this.handles = handles;
    }

    /**
     * Builds a machine and loads its image; nothing runs yet.
     *
     * @param spec what is asked for
     * @param console where the serial port's output goes
     * @throws RuntimeException with a line for the user, where the spec, the image or the host does
     *     not allow it; nothing is left behind
     */
    public static VirtualMachine create(MachineSpec spec, ConsoleOutput console) {
        return MachineBuilder.build(spec, console);
    }

    /** What was asked for. */
    public MachineSpec spec() {
        return spec;
    }

    /** Where the machine is in its life. */
    public MachinePhase phase() {
        synchronized (lock) {
            return phase;
        }
    }

    /** Starts devices and vCPUs. Once, after {@link #create} or {@link #importState}. */
    public void start() {
        synchronized (lock) {
            require(MachinePhase.CREATED, "start");
            board.start();
            vcpus.forEach(VcpuThread::run);
            phase = MachinePhase.RUNNING;
        }
    }

    /** Waits for the end of the run; throws what the host failed with. */
    public MachineOutcome awaitEnd() {
        try {
            return end.outcome().join();
        } catch (CompletionException e) {
            throw hostFailure(e.getCause());
        }
    }

    /** Waits for the end of the run, at most so long; empty when the guest still runs then. */
    public Optional<MachineOutcome> awaitEnd(Duration timeout) {
        try {
            return Optional.of(end.outcome().get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw hostFailure(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static RuntimeException hostFailure(Throwable cause) {
        return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
    }

    /** Ends the run from the host's side, unless it has ended. */
    public void requestStop() {
        end.decide(new MachineOutcome.Stopped());
    }

    /** Presses the ACPI power button; whether the guest heeds it is its own matter. */
    public void pressPowerButton() {
        board.power().pressPowerButton();
    }

    /**
     * Sends bytes to the serial port.
     *
     * @return how many it took, 0 when it is full
     */
    public int offerConsoleInput(byte[] bytes, int offset, int length) {
        return board.serial().offer(bytes, offset, length);
    }

    /** Calls {@code action} each time that the full serial port has room again. */
    public void onConsoleRoom(Runnable action) {
        board.serial().onRoom(action);
    }

    /** Stops the guest with its state whole, and its devices drained. Idempotent. */
    public void pause() {
        synchronized (lock) {
            if (phase == MachinePhase.PAUSED) {
                return;
            }
            require(MachinePhase.RUNNING, "pause");
            List<CompletableFuture<Void>> pauses =
                    vcpus.stream().map(VcpuThread::pauseSoon).toList();
            pauses.forEach(CompletableFuture::join);
            board.pause();
            phase = MachinePhase.PAUSED;
        }
    }

    /** Lets a paused guest run on; one that has ended stays so. Idempotent. */
    public void resume() {
        synchronized (lock) {
            if (phase == MachinePhase.RUNNING) {
                return;
            }
            require(MachinePhase.PAUSED, "resume");
            board.resume();
            if (!end.outcome().isDone()) {
                vcpus.forEach(VcpuThread::run);
            }
            phase = MachinePhase.RUNNING;
        }
    }

    /** All of the paused machine's state but its RAM. */
    public MachineState exportState() {
        synchronized (lock) {
            require(MachinePhase.PAUSED, "export the state of");
            List<VcpuState.V1> states =
                    vcpus.stream().map(vcpu -> vcpu.ask(VirtualCpu::state)).toList();
            PlatformState.V1 platform =
                    new PlatformState.V1(
                            StateBytes.copyOf(vm.irqchip(MASTER_PIC)),
                            StateBytes.copyOf(vm.irqchip(SLAVE_PIC)),
                            StateBytes.copyOf(vm.irqchip(IOAPIC)),
                            StateBytes.copyOf(vm.pit()),
                            vm.clock());
            return new MachineState(platform, states, board.exportState());
        }
    }

    /**
     * Takes over a state, before {@link #start}. RAM is the caller's to fill, through {@link #ram}.
     *
     * @throws InvalidStateException where it is not of such a machine
     */
    public void importState(MachineState state) {
        synchronized (lock) {
            require(MachinePhase.CREATED, "import a state into");
            if (state.vcpus().size() != vcpus.size()) {
                throw new InvalidStateException(
                        "The state is of a machine with another number of vCPUs: state="
                                + state.vcpus().size()
                                + ", machine="
                                + vcpus.size());
            }
            PlatformState.V1 platform = state.platform();
            vm.setIrqchip(MASTER_PIC, platform.masterPic().toArray());
            vm.setIrqchip(SLAVE_PIC, platform.slavePic().toArray());
            vm.setIrqchip(IOAPIC, platform.ioapic().toArray());
            vm.setPit(platform.pit().toArray());
            vm.setClock(platform.clock());
            // After the interrupt controllers: devices drive their lines as their state says.
            board.importState(state.devices());
            for (int i = 0; i < vcpus.size(); i++) {
                VcpuState.V1 vcpu = state.vcpus().get(i);
                vcpus.get(i)
                        .ask(
                                cpu -> {
                                    cpu.setState(vcpu);
                                    return null;
                                });
            }
        }
    }

    /** Guest RAM, for whoever saves, loads or sends it. */
    public GuestRam ram() {
        return ram;
    }

    /** The stage-two map, gpa to host. */
    public StageTwoMap map() {
        return map;
    }

    /**
     * What each device has counted since it was made.
     *
     * @return unsigned 64-bit values by device path ({@code "/devices/disks/disk0"}) and name
     *     ({@code "read_bytes"}); a device that counts nothing is there with nothing
     */
    public SequencedMap<String, SequencedMap<String, Long>> counters() {
        return board.counters();
    }

    /** A new tracker of the pages that the guest or the VMM writes; one at a time. */
    public DirtyPages dirtyPages() {
        return new DirtyPages(map, ram.area(), vm);
    }

    /**
     * Follows an address of the guest through both stages, in the name of the supervisor.
     *
     * @param vcpu whose page tables, 0 up
     * @param gva guest virtual (linear) address
     */
    public AddressTranslation translate(int vcpu, long gva) {
        PagingState paging = vcpus.get(vcpu).ask(cpu -> limits.stateOf(cpu.sregs()));
        return new AddressTranslator(map).translate(paging, gva, Access.READ, Privilege.SUPERVISOR);
    }

    private void require(MachinePhase needed, String action) {
        if (phase != needed) {
            throw new IllegalStateException(
                    "Cannot " + action + " " + spec.name() + ": it is " + phase);
        }
    }

    /** Ends the vCPUs, then closes devices, memory and file descriptors. Idempotent. */
    @Override
    public void close() {
        synchronized (lock) {
            requestStop();
            phase = MachinePhase.CLOSED;
            handles.close();
        }
    }
}
