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
import dev.hosta.migration.Listener.Opened;
import dev.hosta.snapshot.CpuCheck;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * One guest on its way in, from the reservation until it runs or never will.
 *
 * <p>Threading: one thread.
 */
final class Arrival implements AutoCloseable {
    private final String id;
    private final String address;
    private final Leases leases;
    private final String token;
    private final VirtualMachine machine;

    // As they were found at the reservation, so that all entries were made up before.
    private final List<HandOverRecord.Lease> terms;
    private Optional<ArrivalRecords.Held> record;
    private DestinationState state = DestinationState.RECEIVING;
    private boolean wasRunning;

    private Arrival(
            String id,
            String address,
            Leases leases,
            VirtualMachine machine,
            String token,
            ArrivalRecords.Held record) {
        this.id = id;
        this.address = address;
        this.leases = leases;
        this.terms = leases.terms();
        this.machine = machine;
        this.token = token;
        this.record = Optional.of(record);
    }

    /**
     * Checks all that can be checked before a page moves, takes the name, and makes the machine,
     * and the record of all that may be decided of it.
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
        VirtualMachine machine =
                VirtualMachine.expect(
                        spec,
                        wanted.tscKhz(),
                        wanted.cpu(),
                        ram,
                        landing.console(),
                        landing.terminal());
        try {
            String token = Tokens.make();
            ArrivalRecords.Held record = new ArrivalRecords(landing.records()).begin(token);
            Arrival arrival = new Arrival(id, address, leases, machine, token, record);
            arrival.prepare(record);
            return arrival;
        } catch (RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    private void prepare(ArrivalRecords.Held held) {
        try {
            held.prepare(entry(Decision.READY));
            held.prepare(entry(Decision.RUNNING));
            held.prepare(entry(Decision.ABORTED));
        } catch (RuntimeException e) {
            held.remove();
            throw e;
        }
    }

    /**
     * Takes pages and state; afterwards the guest could run.
     *
     * @param opened the first stream
     * @param listener where the other streams come from
     * @param streams how many there are
     */
    void receive(Opened opened, Listener listener, int streams) {
        MemorySegment ram = machine.ram().area().segment();
        try (ArrivingStreams pages =
                new ArrivingStreams(opened.stream(), ram, streams, opened.packs())) {
            pages.join(listener, id, ram, streams);
            Frame frame = Message.require(pages.receive(), FrameType.STATE);
            Message.State sent = Message.readState(frame);
            pages.await(sent.digest());
            complete(sent);
        }
    }

    private void complete(Message.State sent) {
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
        record.orElseThrow().write(entry(Decision.READY));
        state = state.to(DestinationState.READY);
        stream.send(FrameType.READY, Message.write(new Message.Token(token)));
    }

    private Entry entry(Decision decision) {
        return new Entry(decision, token, id, machine.spec().name(), address, terms);
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
     * Makes guest and disks this side's; back when that is on the disk.
     *
     * @throws RuntimeException with a line for the user, where they are not to be had; the guest
     *     stays as it is, the disks are anybody's, and it can be tried again
     */
    void take() {
        try {
            machine.disks().takeUp();
            leases.begin(token);
            record.orElseThrow().write(entry(Decision.RUNNING));
        } catch (RuntimeException e) {
            machine.disks().letGo();
            throw e;
        }
        state = state.to(DestinationState.RUNNING);
    }

    /**
     * Runs the guest that is this side's, or leaves it paused as it was.
     *
     * @throws RuntimeException where it does not run: it is paused then, and can be resumed
     */
    void run() {
        if (wasRunning) {
            machine.start();
        }
    }

    /** The guest, once it is this side's. */
    VirtualMachine machine() {
        return machine;
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
     * @throws MigrationException where that cannot be written: nothing has changed
     */
    ArrivalRecords.Held abort() {
        ArrivalRecords.Held held = record.orElseThrow();
        held.write(entry(Decision.ABORTED));
        state = state.to(DestinationState.ABORTED);
        record = Optional.empty();
        machine.close();
        return held;
    }

    /** The source has the guest and needs no answer: nothing is to be known of it here. */
    void forget() {
        state = state.to(DestinationState.ABORTED);
        machine.close();
        record.ifPresent(ArrivalRecords.Held::remove);
    }

    /**
     * Gives everything back, unless the guest is this side's. Of one that was promised it stays
     * known that it never ran. Idempotent.
     */
    @Override
    public void close() {
        switch (state) {
            case RECEIVING -> forget();
            case READY -> {
                try {
                    abort().close();
                } catch (MigrationException e) {
                    // Without its memory a promise is no more, as whoever asks is told.
                    machine.close();
                    record.ifPresent(ArrivalRecords.Held::close);
                    throw e;
                }
            }
            case RUNNING, ABORTED -> {}
        }
    }
}
