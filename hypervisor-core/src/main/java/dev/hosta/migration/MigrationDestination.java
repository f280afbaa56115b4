package dev.hosta.migration;

import dev.hosta.kvm.Kvm;
import dev.hosta.linux.StandbyThread;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.Listener.Opened;

import java.net.SocketAddress;
import java.util.Optional;

/**
 * The side of a migration that a guest comes to: it listens, takes one guest, and runs it once the
 * source has said so.
 *
 * <p>A connection that speaks no such protocol, or a migration that fails before the guest is this
 * side's, costs nothing: it listens on.
 *
 * <p>Threading: {@link #await} once, on one thread; {@link #close} by any.
 */
public final class MigrationDestination implements AutoCloseable {
    private final Listener listener;
    private Optional<Rehearsal> rehearsal = Optional.empty();

    private MigrationDestination(Listener listener) {
        this.listener = listener;
    }

    /**
     * Listens.
     *
     * @param tls who this side is; empty takes plain connections
     * @throws MigrationException where the host does not allow it
     */
    public static MigrationDestination listen(
            MigrationAddress at, Optional<? extends Encryption> tls) {
        return new MigrationDestination(new Listener(at, tls));
    }

    /** Where it listens; with the port that the host chose where none was given. */
    public SocketAddress address() {
        return listener.address();
    }

    /**
     * Waits for a guest.
     *
     * @return the guest, which runs, or is paused as it was at the source
     * @throws MigrationException where nothing can come any more
     */
    public VirtualMachine await(Landing landing) {
        rehearsal = Optional.of(rehearsal());
        rehearsal.get().start();
        while (true) {
            Optional<Opened> opened = listener.next();
            if (opened.isPresent()) {
                Optional<VirtualMachine> machine = serve(opened.get(), landing);
                if (machine.isPresent()) {
                    return machine.get();
                }
            }
        }
    }

    private static Rehearsal rehearsal() {
        try (Kvm kvm = Kvm.open()) {
            return new Rehearsal(GuestCpu.ofHost(kvm));
        }
    }

    private Optional<VirtualMachine> serve(Opened opened, Landing landing) {
        FrameStream stream = opened.stream();
        Message.Reserve wanted;
        try {
            if (opened.first().type() == FrameType.GO
                    || opened.first().type() == FrameType.TAKE_BACK) {
                DestinationHandOver.answerLate(opened, new ArrivalRecords(landing.records()));
                return Optional.empty();
            }
            Frame frame = Message.require(opened.first(), FrameType.RESERVE);
            wanted = Message.read(frame, Message.Reserve.class);
        } catch (MigrationException e) {
            Listener.refuse(stream, e);
            return Optional.empty();
        }
        try {
            return receive(opened, wanted, landing);
        } catch (RuntimeException e) {
            return givenUp(stream, e, landing);
        } catch (OutOfMemoryError e) {
            return givenUp(
                    stream,
                    new MigrationException("The process has no memory left for the guest.", e),
                    landing);
        }
    }

    private static Optional<VirtualMachine> givenUp(
            FrameStream stream, RuntimeException why, Landing landing) {
        landing.givenUp(why);
        Listener.refuse(stream, why);
        return Optional.empty();
    }

    private Optional<VirtualMachine> receive(
            Opened opened, Message.Reserve wanted, Landing landing) {
        FrameStream stream = opened.stream();
        try (Arrival arrival =
                        Arrival.reserve(
                                wanted, opened.id(), MigrationAddress.text(address()), landing);
                StandbyThread answering = StandbyThread.start("migration-answer");
                StandbyThread announcing = StandbyThread.start("migration-announce");
                Provisions provisions = Provisions.lay()) {
            landing.makeReady(arrival.machine());
            // Whoever calls early waits here, where the guest still runs over there.
            rehearsal.ifPresent(Rehearsal::finish);
            stream.send(FrameType.RESERVED, Message.write(new Message.Reserved()));
            arrival.receive(opened, listener, wanted.streams());
            arrival.ready(stream);
            DestinationHandOver handOver = new DestinationHandOver(listener, landing, provisions);
            Optional<FrameStream> told = handOver.awaitWord(stream, arrival);
            if (told.isEmpty()) {
                throw new MigrationException("The source kept the guest.");
            }
            // From here on the guest is this side's, and nothing is made that could fail.
            handOver.run(arrival, told.get(), answering);
            VirtualMachine machine = arrival.machine();
            announcing.begin(() -> Announcement.make(machine));
            return Optional.of(machine);
        }
    }

    /** Listens no more; who waits for a guest waits in vain. Idempotent. */
    @Override
    public void close() {
        listener.close();
    }
}
