package dev.hosta.migration;

import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmClock;
import dev.hosta.linux.HostInfo;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineDisks;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.PlatformState;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.GuestRam;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;
import dev.hosta.snapshot.CpuCheck;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One guest on its way in, from the reservation until it runs or never will.
 *
 * <p>Threading: one thread.
 */
final class Arrival implements AutoCloseable {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Landing landing;
    private final String id;
    private final String address;
    private final Leases leases;
    private final String token = Tokens.make();
    private final VirtualMachine machine;
    private Optional<ArrivalRecords.Held> record = Optional.empty();
    private DestinationState state = DestinationState.RECEIVING;
    private boolean wasRunning;

    private Arrival(
            Landing landing, String id, String address, Leases leases, VirtualMachine machine) {
        this.landing = landing;
        this.id = id;
        this.address = address;
        this.leases = leases;
        this.machine = machine;
    }

    /**
     * Checks all that can be checked before a page moves, takes the name, and makes the machine.
     *
     * @param id of the migration
     * @param address where the source found this side
     * @throws RuntimeException with a line for both sides, where the guest cannot come here
     */
    static Arrival reserve(Message.Reserve wanted, String id, String address, Landing landing) {
        try (Kvm kvm = Kvm.open()) {
            Optional<String> against = CpuCheck.reasonAgainst(wanted.cpu(), GuestCpu.ofHost(kvm));
            if (against.isPresent()) {
                throw new MigrationException("The guest cannot go on here: " + against.get() + ".");
            }
        }
        MachineSpec spec = landing.specOf(wanted.spec());
        MachineDisks.look(spec);
        Leases leases = new Leases(spec);
        leases.requireOffered(id);
        long size = spec.memory().sizeBytes();
        if (size > HostInfo.totalBytes()) {
            throw new MigrationException(
                    "This host has less memory than the guest: memory="
                            + (size >> 20)
                            + "M, host="
                            + (HostInfo.totalBytes() >> 20)
                            + "M.");
        }
        landing.claim(spec);
        GuestRam ram = GuestRam.create(size, spec.memory().hugePages(), spec.memory().prealloc());
        return new Arrival(
                landing,
                id,
                address,
                leases,
                VirtualMachine.expect(
                        spec,
                        wanted.tscKhz(),
                        wanted.cpu(),
                        ram,
                        landing.console(),
                        landing.terminal()));
    }

    /** Takes pages and state; afterwards the guest could run. */
    void receive(FrameStream stream) {
        try (PageReceiver pages = new PageReceiver(stream, machine.ram().area().segment())) {
            long came = 0;
            while (true) {
                Frame frame = stream.receive(ANSWER_NANOS);
                switch (frame.type()) {
                    case PAGES -> came += pages.pages(frame.header());
                    case ZEROS -> pages.zeros(frame);
                    case ROUND -> {
                        Message.Round round = Message.read(frame, Message.Round.class);
                        Message.Round answer =
                                new Message.Round(round.number(), came, pages.damaged());
                        stream.send(FrameType.ROUND, Message.write(answer));
                        came = 0;
                    }
                    default -> {
                        Message.require(frame, FrameType.STATE);
                        complete(Message.readState(frame), pages);
                        return;
                    }
                }
            }
        }
    }

    private void complete(Message.State sent, PageReceiver pages) {
        if (!pages.damaged().isEmpty() || pages.digest() != sent.digest()) {
            throw new MigrationException("The memory that came is not what was sent.");
        }
        wasRunning = sent.running();
        machine.importState(withOwnClock(sent.machine()));
    }

    /** What the clock says of the other host's counters means nothing here. */
    private static MachineState withOwnClock(MachineState sent) {
        PlatformState.V1 platform = sent.platform();
        return new MachineState(
                new PlatformState.V1(
                        platform.masterPic(),
                        platform.slavePic(),
                        platform.ioapic(),
                        platform.pit(),
                        new KvmClock(platform.clock().nanos(), 0, 0, 0)),
                sent.vcpus(),
                sent.devices());
    }

    /** Promises to run the guest once it is told to. */
    void ready(FrameStream stream) {
        ArrivalRecords.Held held = new ArrivalRecords(landing.records()).begin(token);
        record = Optional.of(held);
        held.write(entry(Decision.READY));
        state = state.to(DestinationState.READY);
        stream.send(FrameType.READY, Message.write(new Message.Token(token)));
    }

    private Entry entry(Decision decision) {
        return new Entry(decision, token, id, machine.spec().name(), address, leases.terms());
    }

    /** Of which migration it is. */
    String id() {
        return id;
    }

    /** By which the source names it. */
    String token() {
        return token;
    }

    /**
     * Makes the disks this side's. Idempotent.
     *
     * @throws RuntimeException with a line for the user, where they are not to be had; the guest
     *     stays as it is
     */
    void takeDisks() {
        machine.disks().takeUp();
        try {
            leases.begin(token);
        } catch (RuntimeException e) {
            machine.disks().letGo();
            throw e;
        }
    }

    /**
     * Runs the guest, or leaves it paused as it was; from here on it is this side's, also where
     * this fails once that is written down.
     */
    VirtualMachine go() {
        record.orElseThrow().write(entry(Decision.RUNNING));
        state = state.to(DestinationState.RUNNING);
        if (wasRunning) {
            machine.start();
        }
        return machine;
    }

    /** Whether the guest is this side's. */
    boolean isOwn() {
        return state.ownsTheGuest();
    }

    /** The source knows that the guest runs here. */
    void heard() {
        try {
            leases.withdraw();
        } finally {
            record.orElseThrow().remove();
        }
    }

    /**
     * It never ran here and never will; back when that is on the disk.
     *
     * @return the record, which is the caller's
     */
    ArrivalRecords.Held abort() {
        ArrivalRecords.Held held = record.orElseThrow();
        record = Optional.empty();
        close();
        held.write(entry(Decision.ABORTED));
        return held;
    }

    /** Lets go of a guest that is this side's and could not run. */
    void lose() {
        machine.close();
        record.ifPresent(ArrivalRecords.Held::close);
    }

    /** Gives everything back, unless the guest is this side's. Idempotent. */
    @Override
    public void close() {
        if (state.ownsTheGuest() || state == DestinationState.ABORTED) {
            return;
        }
        state = state.to(DestinationState.ABORTED);
        machine.close();
        record.ifPresent(ArrivalRecords.Held::remove);
    }
}
