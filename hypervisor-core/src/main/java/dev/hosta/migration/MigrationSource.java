package dev.hosta.migration;

import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineCut;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.DirtyPages;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.MigrationException.GuestIs;

import java.nio.file.Path;
import java.util.List;
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
 * <p>Threading: {@link #run} once, on one thread; {@link #cancel} by any. The machine must not be
 * closed before {@link #run} is back.
 */
public final class MigrationSource {
    static final int VERSION = 1;

    private static final System.Logger LOG = System.getLogger(MigrationSource.class.getName());
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long RETRY_MILLIS = 200;

    private final VirtualMachine machine;
    private final MigrationOptions options;
    private final HandOverRecord record;
    private final String id = Tokens.make();
    private final CountDownLatch cancelled = new CountDownLatch(1);

    // Guarded by this object's monitor.
    private Optional<FrameStream> open = Optional.empty();
    private SourceState state = SourceState.OFFERING;

    private Optional<MachineCut> cut = Optional.empty();
    private String token = "";

    /**
     * Prepares to send a guest.
     *
     * @param machine runs or is paused; nobody else tracks its dirty pages
     * @param folder takes the record of the hand-over
     */
    public MigrationSource(VirtualMachine machine, MigrationOptions options, Path folder) {
        this.machine = machine;
        this.options = options;
        this.record = new HandOverRecord(folder);
    }

    /**
     * Sends the guest. It runs over there when this is back, and is paused here for good.
     *
     * @throws MigrationException where it does not run over there; {@link
     *     MigrationException#guestIs} says whether it surely is here
     */
    public MigrationReport run() {
        long begun = System.nanoTime();
        DirtyPages dirty = machine.dirtyPages();
        boolean tracking = false;
        try {
            requireMovable();
            FrameStream stream = connect();
            offer(stream);
            advance(SourceState.RESERVING);
            send(stream, FrameType.RESERVE, new Message.Reserve(machine.spec(), machine.cpu()));
            Message.require(stream.receive(ANSWER_NANOS), FrameType.RESERVED);
            advance(SourceState.COPYING);
            dirty.start();
            tracking = true;
            try (PageSender pages = new PageSender(stream, machine.ram().area().segment())) {
                return copyAndHandOver(stream, new Rounds(stream, pages, dirty), begun);
            }
        } catch (RuntimeException e) {
            throw keep(e);
        } finally {
            openStream().ifPresent(FrameStream::finish);
            if (tracking && state().ownsTheGuest()) {
                dirty.stop();
            }
        }
    }

    private MigrationReport copyAndHandOver(FrameStream stream, Rounds rounds, long begun) {
        rounds.first(GivenPages.of(machine.ram()));
        rounds.untilFits(
                options.downtime(), begun + options.timeout().toNanos(), this::isCancelled);
        long stopping = System.nanoTime();
        MachineCut stopped = machine.cut(true, () -> {});
        cut = Optional.of(stopped);
        advance(SourceState.STOPPED);
        long paused = System.nanoTime();
        rounds.last();
        long copied = System.nanoTime();
        stream.send(
                FrameType.STATE,
                Message.write(new Message.State(rounds.digest(), stopped.ran(), stopped.state())));
        Frame ready = Message.require(stream.receive(ANSWER_NANOS), FrameType.READY);
        token = Tokens.require(Message.read(ready, Message.Token.class).token());
        long readied = System.nanoTime();
        requireNotCancelled();
        record.write(Decision.HANDED_OVER, token, options.to().text());
        advance(SourceState.HANDED_OVER);
        handOver(stream);
        long running = System.nanoTime();
        advance(SourceState.DONE);
        forget();
        return new MigrationReport(
                options.to().text(),
                rounds.count(),
                rounds.sentBytes(),
                running - begun,
                paused - stopping,
                copied - paused,
                readied - copied,
                running - readied);
    }

    private void requireMovable() {
        for (DiskSpec disk : machine.spec().disks()) {
            if (!disk.readOnly()) {
                throw new MigrationException(
                        "Cannot migrate "
                                + machine.spec().name()
                                + ": its disk '"
                                + disk.id()
                                + "' is written, and this version hands over no locks. Suspend it"
                                + " and resume it there.");
            }
        }
    }

    private void offer(FrameStream stream) {
        send(stream, FrameType.HELLO, new Message.Hello(List.of(VERSION), List.of(), id));
        Frame frame = Message.require(stream.receive(Link.SILENCE_NANOS), FrameType.CHOICE);
        Message.Choice choice = Message.read(frame, Message.Choice.class);
        if (choice.version() != VERSION || !choice.features().isEmpty()) {
            throw new MigrationException("The peer chose what was not offered.");
        }
    }

    /** Tells the destination, again and again until it has answered or the time is up. */
    private void handOver(FrameStream first) {
        long deadline = System.nanoTime() + options.handOver().toNanos();
        FrameStream stream = first;
        while (true) {
            try {
                if (go(stream)) {
                    return;
                }
                break;
            } catch (MigrationException e) {
                LOG.log(System.Logger.Level.INFO, "No answer to the hand-over: " + e.getMessage());
                closeStream();
            }
            stream = reconnect(deadline);
        }
        throw new MigrationException("The other side could not run the guest; it goes on here.");
    }

    /** Whether the destination runs it; not, where it never will. */
    private boolean go(FrameStream stream) {
        send(stream, FrameType.GO, new Message.Token(token));
        Frame answer = stream.receive(ANSWER_NANOS);
        if (answer.type() == FrameType.ABORTED) {
            Message.Aborted aborted = Message.read(answer, Message.Aborted.class);
            requireOwn(aborted.token());
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The other side could not run the guest: "
                            + Message.printable(aborted.reason()));
            advance(SourceState.KEPT);
            return false;
        }
        Message.Token running =
                Message.read(Message.require(answer, FrameType.RUNNING), Message.Token.class);
        requireOwn(running.token());
        tellHeard(stream);
        return true;
    }

    private void requireOwn(String answered) {
        if (!answered.equals(token)) {
            throw new MigrationException("The peer answered for another migration.");
        }
    }

    private void tellHeard(FrameStream stream) {
        try {
            send(stream, FrameType.HEARD, new Message.Token(token));
        } catch (MigrationException e) {
            // It keeps its record a while longer; the guest runs there all the same.
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
    }

    private FrameStream reconnect(long deadline) {
        do {
            try {
                FrameStream stream = connect();
                offer(stream);
                return stream;
            } catch (MigrationException e) {
                closeStream();
                awaitRetry();
            }
        } while (System.nanoTime() - deadline < 0 && !isCancelled());
        throw new MigrationException(
                "The guest was handed over to "
                        + options.to().text()
                        + ", which does not answer: it may run there. It stays paused here.",
                null,
                GuestIs.UNKNOWN);
    }

    private void awaitRetry() {
        try {
            cancelled.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancel();
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
        }
        cut.ifPresent(MachineCut::close);
        boolean ran = cut.map(MachineCut::ran).orElse(false);
        cut = Optional.empty();
        forget();
        if (ran) {
            machine.resume();
        }
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
            Optional<FrameStream> stream = openStream();
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
        try (FrameStream stream = FrameStream.over(options.to().connect())) {
            offer(stream);
            send(stream, FrameType.CANCEL, cancel);
            stream.finish();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.INFO, "The other side was not told: " + e.getMessage());
        }
    }

    private void forget() {
        try {
            record.remove();
        } catch (MigrationException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    private FrameStream connect() {
        FrameStream stream = FrameStream.over(options.to().connect());
        synchronized (this) {
            open = Optional.of(stream);
        }
        return stream;
    }

    private synchronized Optional<FrameStream> openStream() {
        return open;
    }

    private void closeStream() {
        openStream().ifPresent(FrameStream::close);
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
                open.ifPresent(FrameStream::close);
            }
        }
    }
}
