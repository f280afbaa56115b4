package dev.hosta.migration;

import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmClock;
import dev.hosta.linux.HostInfo;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.PlatformState;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.GuestRam;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.snapshot.CpuCheck;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One guest on its way in, from the reservation until it runs or never will.
 *
 * <p>Threading: one thread.
 */
final class Arrival implements AutoCloseable {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String id;
    private final HandOverRecord record;
    private final String token = Tokens.make();
    private final VirtualMachine machine;
    private DestinationState state = DestinationState.RECEIVING;
    private boolean wasRunning;

    private Arrival(String id, Path folder, VirtualMachine machine) {
        this.id = id;
        this.record = new HandOverRecord(folder);
        this.machine = machine;
    }

    /**
     * Checks all that can be checked before a page moves, takes the name, and makes the machine.
     *
     * @param id of the migration
     * @throws RuntimeException with a line for both sides, where the guest cannot come here
     */
    static Arrival reserve(Message.Reserve wanted, String id, Landing landing) {
        try (Kvm kvm = Kvm.open()) {
            Optional<String> against = CpuCheck.reasonAgainst(wanted.cpu(), GuestCpu.ofHost(kvm));
            if (against.isPresent()) {
                throw new MigrationException("The guest cannot go on here: " + against.get() + ".");
            }
        }
        MachineSpec spec = landing.specOf(wanted.spec());
        for (DiskSpec disk : spec.disks()) {
            if (!disk.readOnly()) {
                throw new MigrationException(
                        "This version takes no guest that writes a disk: id=" + disk.id() + ".");
            }
        }
        long size = spec.memory().sizeBytes();
        if (size > HostInfo.totalBytes()) {
            throw new MigrationException(
                    "This host has less memory than the guest: memory="
                            + (size >> 20)
                            + "M, host="
                            + (HostInfo.totalBytes() >> 20)
                            + "M.");
        }
        Path folder = landing.claim(spec);
        GuestRam ram = GuestRam.create(size, spec.memory().hugePages(), spec.memory().prealloc());
        return new Arrival(
                id,
                folder,
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
        record.write(Decision.READY, token, id);
        state = state.to(DestinationState.READY);
        stream.send(FrameType.READY, Message.write(new Message.Token(token)));
    }

    /** Of which migration it is. */
    String id() {
        return id;
    }

    /** By which the source names it. */
    String token() {
        return token;
    }

    /** Runs the guest, or leaves it paused as it was; from here on it is this side's. */
    VirtualMachine go() {
        record.write(Decision.RUNNING, token, id);
        if (wasRunning) {
            machine.start();
        }
        state = state.to(DestinationState.RUNNING);
        return machine;
    }

    /** The source knows that the guest runs here. */
    void heard() {
        record.remove();
    }

    /** Gives everything back, unless the guest is this side's. Idempotent. */
    @Override
    public void close() {
        if (state.ownsTheGuest() || state == DestinationState.ABORTED) {
            return;
        }
        state = state.to(DestinationState.ABORTED);
        machine.close();
        record.remove();
    }
}
