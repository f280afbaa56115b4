package dev.hosta.machine;

import dev.hosta.boot.GenerationId;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.legacy.AgentPort;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.KernelEntropy;
import dev.hosta.linux.StdioPort;
import dev.hosta.memory.DirtyPages;
import dev.hosta.memory.FrozenRam;
import dev.hosta.memory.GuestRam;
import dev.hosta.memory.MappedGuestMemory;
import dev.hosta.memory.StageTwoMap;
import dev.hosta.vcpu.VcpuThread;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * A machine, from its first instruction to its end: the facade that commands, snapshots and
 * migration drive.
 *
 * <p>Threading: {@link #start}, {@link #pause}, {@link #resume}, the state methods and {@link
 * #close} are serialised by the machine's own lock; {@link #requestStop}, {@link #awaitEnd} and the
 * console methods are for any thread.
 */
public final class VirtualMachine implements AutoCloseable {
    private final MachineSpec spec;
    private final KvmVm vm;
    private final GuestRam ram;
    private final StageTwoMap map;
    private final VcpuLook look;
    private final Board board;
    private final MachineDisks disks;
    private final GuestCpu cpu;
    private final List<VcpuThread> vcpus;
    private final MachineEnd end;
    private final OwnedHandles handles;
    private final CutPreparation preparation = new CutPreparation();
    private final Object lock = new Object();
    private MachinePhase phase = MachinePhase.CREATED;
    private boolean started;
    private Optional<MachineCut> cut = Optional.empty(); // The save under way, if any.

    VirtualMachine(
            MachineSpec spec,
            KvmVm vm,
            GuestRam ram,
            StageTwoMap map,
            VcpuLook look,
            Board board,
            MachineDisks disks,
            GuestCpu cpu,
            List<VcpuThread> vcpus,
            MachineEnd end,
            OwnedHandles handles) {
        this.spec = spec;
        this.vm = vm;
        this.ram = ram;
        this.map = map;
        this.look = look;
        this.board = board;
        this.disks = disks;
        this.cpu = cpu;
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
        return MachineBuilder.build(spec, console, Optional.empty());
    }

    /** As the other, with a terminal, which stays the caller's, for the virtio console on stdio. */
    public static VirtualMachine create(
            MachineSpec spec, ConsoleOutput console, StdioPort terminal) {
        return MachineBuilder.build(spec, console, Optional.of(terminal));
    }

    /**
     * Builds a machine that goes on where another one stood: paused, until {@link #resume} or
     * {@link #start}. No image is read.
     *
     * @param spec what the other one was asked for; disks and name may be others
     * @param state all of the other one but its RAM
     * @param cpu what its vCPUs were made from
     * @param ram its RAM, of the spec's size; owned from now on, also where this fails
     * @param console where the serial port's output goes
     * @param terminal as {@link #create(MachineSpec, ConsoleOutput, StdioPort)} takes it, if any
     * @throws InvalidStateException where the state is not of such a machine
     * @throws RuntimeException with a line for the user, where the host does not allow it; nothing
     *     is left behind
     */
    public static VirtualMachine restore(
            MachineSpec spec,
            MachineState state,
            GuestCpu cpu,
            GuestRam ram,
            ConsoleOutput console,
            Optional<StdioPort> terminal) {
        return MachineBuilder.restore(spec, state, cpu, ram, console, terminal);
    }

    /**
     * Builds a machine for a state that is to come, so that taking it over with {@link
     * #importState} takes little time. RAM may be filled meanwhile, and the disks be another's
     * until {@link #disks} are taken up, before {@link #start}. The rest is as for {@link
     * #restore}.
     *
     * @param tscKhz frequency of the guest's TSC, in kHz
     */
    public static VirtualMachine expect(
            MachineSpec spec,
            int tscKhz,
            GuestCpu cpu,
            GuestRam ram,
            ConsoleOutput console,
            Optional<StdioPort> terminal) {
        return MachineBuilder.expect(spec, tscKhz, cpu, ram, console, terminal);
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

    /**
     * Starts devices and vCPUs. Once, after {@link #create}, {@link #importState} or {@link
     * #restore}.
     */
    public void start() {
        synchronized (lock) {
            require(!started, "start", "was started already");
            if (phase != MachinePhase.PAUSED) {
                require(MachinePhase.CREATED, "start");
            }
            goOn();
        }
    }

    private void goOn() {
        require(cut.filter(MachineCut::holdsTheGuest).isEmpty(), "resume", "is being suspended");
        require(disks.areHeld(), "run", "has not its disks");
        if (started) {
            board.resume();
        } else {
            board.start();
            started = true;
        }
        if (!end.outcome().isDone()) {
            vcpus.forEach(VcpuThread::run);
        }
        phase = MachinePhase.RUNNING;
    }

    /** Waits for the end of the run; throws what the host failed with. */
    public MachineOutcome awaitEnd() {
        return end.await();
    }

    /** Waits for the end of the run, at most so long; empty when the guest still runs then. */
    public Optional<MachineOutcome> awaitEnd(Duration timeout) {
        return end.await(timeout);
    }

    /** Ends the run from the host's side, unless it has ended. */
    public void requestStop() {
        end.decide(new MachineOutcome.Stopped());
    }

    /** Presses the ACPI power button; whether the guest heeds it is its own matter. */
    public void pressPowerButton() {
        board.power().pressPowerButton();
    }

    /** Has an agent in the guest talk to a host, before the guest runs. */
    public void connectAgent(AgentPort.Host host) {
        board.agent().connect(host);
    }

    /**
     * Sends each vCPU a non-maskable interrupt, as the NMI button of a PC does. A paused guest
     * takes it when it runs on.
     *
     * @throws IllegalStateException where the machine is gone
     */
    public void injectNmi() {
        synchronized (lock) {
            require(phase != MachinePhase.CLOSED, "interrupt", "is gone");
            vcpus.forEach(VcpuThread::injectNmi);
        }
    }

    /** Sends bytes to the serial port, and says how many it took; 0 when it is full. */
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
            RunningGuest.pause(vcpus);
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
            goOn();
        }
    }

    /**
     * Takes all of the machine as it is at one instant, for whoever saves or doubles it: its state,
     * and its RAM frozen. What the disks were told is on them by then. A running guest runs on
     * afterwards, unless it is to stop; one that was paused stays paused.
     *
     * @param thenStop whether the guest stays paused; {@link #resume} is refused then until the cut
     *     is closed
     * @param atTheInstant called while all stands still, to look at what is outside: files
     * @return to be closed when all of it was read; one at a time
     * @throws IllegalStateException where the machine does not run, has ended, or is being saved
     * @throws RuntimeException with a line for the user; the guest runs on if it ran
     */
    public MachineCut cut(boolean thenStop, Runnable atTheInstant) {
        synchronized (lock) {
            require(cut.isEmpty(), "save", "is being saved already");
            require(!end.outcome().isDone(), "save", "has ended");
            boolean ran = phase == MachinePhase.RUNNING;
            Consumer<MachineCut> onClose = this::closed;
            long longest = 0;
            if (ran) {
                // Most of what the disks have to write is written before the guest stops for it.
                disks.flush();
                longest = thenStop ? 0 : preparation.run(this);
            }
            long from = System.nanoTime();
            pause();
            try {
                disks.flush();
                atTheInstant.run();
                MachineState state = exportState();
                FrozenRam frozen = thenStop ? ram.still() : ram.freeze();
                cut = Optional.of(new MachineCut(state, cpu, frozen, ran, thenStop, onClose));
            } finally {
                if (ran && (cut.isEmpty() || !thenStop)) {
                    resume();
                }
            }
            cut.get().paused(Math.max(longest, System.nanoTime() - from));
            ram.dropFormer();
            return cut.get();
        }
    }

    private void closed(MachineCut closing) {
        synchronized (lock) {
            cut = cut.filter(other -> other != closing);
        }
    }

    /** All of the paused machine's state but its RAM. */
    public MachineState exportState() {
        synchronized (lock) {
            require(MachinePhase.PAUSED, "export the state of");
            return StateTransfer.out(vm, vcpus, board);
        }
    }

    /**
     * Takes over a state, before {@link #start}; the machine is paused then. RAM is the caller's to
     * fill, through {@link #ram}.
     *
     * @throws InvalidStateException where it is not of such a machine
     */
    public void importState(MachineState state) {
        synchronized (lock) {
            require(MachinePhase.CREATED, "import a state into");
            StateTransfer.in(vm, vcpus, board, state);
            phase = MachinePhase.PAUSED;
        }
    }

    /**
     * Gives a paused guest another generation id, and tells it: it may run a second time from here.
     */
    public void renewGenerationId() {
        synchronized (lock) {
            require(MachinePhase.PAUSED, "renew the generation id of");
            GenerationId.renew(new MappedGuestMemory(map), new KernelEntropy());
            board.power().raiseEvent(GenerationId.EVENT);
        }
    }

    /** What the vCPUs were made from. */
    public GuestCpu cpu() {
        return cpu;
    }

    /** Guest RAM, for whoever saves, loads or sends it. */
    public GuestRam ram() {
        return ram;
    }

    /** Its disks, for whoever hands the guest over. */
    public MachineDisks disks() {
        return disks;
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

    /** What can be done to the guest while it runs. */
    public RunningGuest running() {
        return new RunningGuest(
                lock, vcpus, board, () -> phase == MachinePhase.RUNNING && !end.outcome().isDone());
    }

    /** What its vCPUs look like from outside. */
    public VcpuLook look() {
        return look;
    }

    private void require(MachinePhase needed, String action) {
        require(phase == needed, action, "is " + phase);
    }

    private void require(boolean holds, String action, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(
                    "Cannot " + action + " " + spec.name() + ": it " + otherwise);
        }
    }

    /** Ends the vCPUs, then closes devices, memory and file descriptors. Idempotent. */
    @Override
    public void close() {
        synchronized (lock) {
            requestStop();
            phase = MachinePhase.CLOSED;
            look.end();
            handles.close();
        }
    }
}
