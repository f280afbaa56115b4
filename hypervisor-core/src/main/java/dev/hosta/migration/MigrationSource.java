package dev.hosta.migration;

import dev.hosta.machine.MachineCut;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.DirtyPages;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.Inquiry.Word;
import dev.hosta.migration.MigrationException.GuestIs;
import dev.hosta.migration.MigrationProgress.Stage;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The side of a migration that has the guest: it copies pages while that runs, stops it, sends the
 * rest, and hands it over.
 *
 * <p>Until {@link SourceState#HANDED_OVER} is on the disk, every failure leaves the guest here as
 * it was. From then on it stays paused here, and {@link VirtualMachine#resume} is refused, unless
 * the destination itself says that it has not run it and never will.
 *
 * <p>Threading: {@link #run} once, on one thread, then {@link #settle}, one call at a time; {@link
 * #cancel} by any. The machine must not be closed while one of them is under way.
 */
public final class MigrationSource {
    static final int VERSION = 1;

    private static final System.Logger LOG = System.getLogger(MigrationSource.class.getName());
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final VirtualMachine machine;
    private final MigrationOptions options;
    private final SourceConnection connection;
    private final SourceHandOver handOver;
    private final CountDownLatch cancelled = new CountDownLatch(1);

    // Guarded by this object's monitor.
    private SourceState state = SourceState.OFFERING;

    private final MigrationProgress progress;
    private final Rehearsal rehearsal;
    private Optional<MachineCut> cut = Optional.empty();
    private Optional<DirtyPages> tracking = Optional.empty();

    /**
     * Prepares to send a guest.
     *
     * @param machine runs or is paused; nobody else tracks its dirty pages
     * @param folder takes the record of the hand-over
     */
    public MigrationSource(VirtualMachine machine, MigrationOptions options, Path folder) {
        this.machine = machine;
        this.options = options;
        this.connection =
                new SourceConnection(
                        options.to(),
                        options.tls(),
                        Tokens.make(),
                        options.transport().compression());
        this.handOver = new SourceHandOver(machine, options, connection, cancelled, folder);
        this.progress = new MigrationProgress(machine.ram().sizeBytes());
        this.rehearsal = new Rehearsal(machine.cpu());
    }

    /** How far it is. */
    public MigrationProgress.View progress() {
        return progress.view();
    }

    /** Where the destination listens. */
    public String to() {
        return options.to().text();
    }

    /**
     * Sends the guest. It runs over there when this is back, and is paused here for good.
     *
     * @throws MigrationException where it does not run over there; {@link
     *     MigrationException#guestIs} says whether it surely is here
     */
    public MigrationReport run() {
        DirtyPages dirty = machine.dirtyPages();
        try {
            handOver.offer();
            FrameStream stream = connection.connect();
            advance(SourceState.RESERVING);
            rehearsal.start();
            send(
                    stream,
                    FrameType.RESERVE,
                    new Message.Reserve(
                            machine.spec(),
                            machine.cpu(),
                            machine.look().tscKhz(),
                            options.transport().streams()));
            Message.require(stream.receive(ANSWER_NANOS), FrameType.RESERVED);
            advance(SourceState.COPYING);
            progress.stage(Stage.COPYING);
            dirty.start();
            tracking = Optional.of(dirty);
            MemorySegment ram = machine.ram().area().segment();
            try (SendingStreams pages =
                            new SendingStreams(stream, connection, ram, options, progress);
                    Throttle throttle = new Throttle(machine.running());
                    Rounds rounds = new Rounds(pages, dirty, throttle, progress)) {
                return copyAndHandOver(stream, rounds);
            }
        } catch (RuntimeException e) {
            progress.stage(Stage.FAILED);
            throw keep(e);
        } finally {
            connection.finish();
            if (state().ownsTheGuest()) {
                stopTracking();
            }
        }
    }

    private MigrationReport copyAndHandOver(FrameStream stream, Rounds rounds) {
        rounds.untilFits(
                GivenPages.of(machine.ram()), rehearsal::finish, options, this::isCancelled);
        long stopping = System.nanoTime();
        MachineCut stopped = machine.cut(true, () -> {});
        cut = Optional.of(stopped);
        advance(SourceState.STOPPED);
        progress.stage(Stage.STOPPED);
        long paused = System.nanoTime();
        // Nobody waits for an answer to the pages before the state is on its way as well.
        rounds.sendLast();
        long copied = System.nanoTime();
        stream.send(
                FrameType.STATE,
                Message.write(new Message.State(rounds.digest(), stopped.ran(), stopped.state())));
        rounds.confirmLast();
        Frame ready = Message.require(stream.receive(ANSWER_NANOS), FrameType.READY);
        String token = Tokens.require(Message.read(ready, Message.Token.class).token());
        long readied = System.nanoTime();
        requireNotCancelled();
        handOver.decide(token);
        advance(SourceState.HANDED_OVER);
        progress.stage(Stage.HANDED_OVER);
        if (handOver.complete(stream) instanceof Word.Aborted(String why)) {
            takeBack(why);
        }
        long running = System.nanoTime();
        advance(SourceState.DONE);
        progress.stage(Stage.DONE);
        handOver.over();
        long telling = running - readied;
        long resuming = Math.clamp(handOver.resumeNanos(), 0, telling);
        MigrationProgress.View end = progress.view();
        return new MigrationReport(
                options.to().text(),
                progress.rounds(),
                end.ramBytes(),
                end.sentBytes(),
                running - progress.beganNanos(),
                new MigrationReport.Downtime(
                        paused - stopping,
                        copied - paused,
                        readied - copied,
                        telling - resuming,
                        resuming));
    }

    /** On the destination's own word, which is durable: it has not run the guest and never will. */
    private void takeBack(String why) {
        handOver.takeBack();
        advance(SourceState.KEPT);
        throw new MigrationException(
                "The other side could not run the guest, which goes on here: " + why);
    }

    /**
     * Settles a hand-over whose outcome {@link #run} could not learn: asks the destination once
     * more, and does what it says.
     *
     * @param force who is to have the guest where it does not say
     * @throws MigrationException where the guest cannot go on here although it may; it stays paused
     * @throws IllegalStateException where there is nothing to settle
     */
    public Settlement settle(Settlement.Force force) {
        if (state() != SourceState.HANDED_OVER) {
            throw new IllegalStateException("Cannot settle a migration that is " + state());
        }
        Word word =
                handOver.ask(force == Settlement.Force.SOURCE ? FrameType.TAKE_BACK : FrameType.GO);
        try {
            return settle(word, force);
        } finally {
            connection.finish();
        }
    }

    private Settlement settle(Word word, Settlement.Force force) {
        switch (word) {
            case Word.Runs runs -> {
                advance(SourceState.DONE);
                handOver.over();
                return settled("RUNNING", Settlement.Place.THERE);
            }
            case Word.Aborted(String why) -> {
                handOver.takeBack();
                goOnHere();
                return settled("ABORTED: " + why, Settlement.Place.HERE);
            }
            case Word.Refused(String why) -> {
                return forced("refused: " + why, force);
            }
            case Word.Unreachable(String why) -> {
                return forced("unreachable: " + why, force);
            }
        }
    }

    private Settlement forced(String word, Settlement.Force force) {
        return switch (force) {
            case NONE -> settled(word, Settlement.Place.UNKNOWN);
            case SOURCE -> {
                handOver.takeByForce();
                goOnHere();
                yield settled(word, Settlement.Place.HERE);
            }
            case DESTINATION -> {
                advance(SourceState.DONE);
                yield settled(word, Settlement.Place.THERE);
            }
        };
    }

    private static Settlement settled(String destination, Settlement.Place place) {
        return new Settlement(SourceState.HANDED_OVER.name(), destination, place);
    }

    private void goOnHere() {
        advance(SourceState.KEPT);
        stopTracking();
        resumeAsBefore();
    }

    private void stopTracking() {
        tracking.ifPresent(DirtyPages::stop);
        tracking = Optional.empty();
    }

    private void resumeAsBefore() {
        cut.ifPresent(MachineCut::close);
        boolean ran = cut.map(MachineCut::ran).orElse(false);
        cut = Optional.empty();
        if (ran) {
            machine.resume();
        }
    }

    /** Puts the guest back as it was, where it is this side's; gives what to throw. */
    private MigrationException keep(RuntimeException e) {
        SourceState was = state();
        if (!was.ownsTheGuest()) {
            return e instanceof MigrationException m && m.guestIs() == GuestIs.UNKNOWN
                    ? m
                    : new MigrationException(e.getMessage(), e, GuestIs.UNKNOWN);
        }
        if (was != SourceState.KEPT) {
            advance(SourceState.KEPT);
            handOver.undo();
        }
        resumeAsBefore();
        // The guest need not wait for this: without GO the destination never runs it.
        if (was != SourceState.KEPT) {
            revoke(e, was == SourceState.STOPPED);
        }
        return e instanceof MigrationException m ? m : new MigrationException(e.getMessage(), e);
    }

    /**
     * Tells the destination not to wait.
     *
     * @param mayBeReady whether it may wait for ever, so that it is told on a new connection, too
     */
    private void revoke(RuntimeException reason, boolean mayBeReady) {
        Message.Cancel cancel =
                new Message.Cancel(Message.printable(String.valueOf(reason.getMessage())));
        try {
            Optional<FrameStream> stream = connection.open();
            if (stream.isPresent()) {
                send(stream.get(), FrameType.CANCEL, cancel);
                stream.get().finish();
            }
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
        if (mayBeReady) {
            revokeAnew(cancel);
        }
    }

    private void revokeAnew(Message.Cancel cancel) {
        try (FrameStream stream = connection.connectAside()) {
            send(stream, FrameType.CANCEL, cancel);
            stream.finish();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
    }

    private static void send(FrameStream stream, FrameType type, Record message) {
        stream.send(type, Message.write(message));
    }

    private synchronized void advance(SourceState next) {
        state = state.to(next);
    }

    private synchronized SourceState state() {
        return state;
    }

    private boolean isCancelled() {
        return cancelled.getCount() == 0;
    }

    private void requireNotCancelled() {
        if (isCancelled()) {
            throw new MigrationException("The migration was cancelled.");
        }
    }

    /**
     * Ends the migration, soon: the guest stays here. Where it was handed over already, only the
     * waiting for an answer ends.
     */
    public void cancel() {
        cancelled.countDown();
        synchronized (this) {
            if (state.ownsTheGuest()) {
                connection.close();
            }
        }
    }
}
