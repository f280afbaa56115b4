package dev.hosta.migration;

import dev.hosta.machine.CutRehearsal;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineState;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What is done while a guest stands still, done before with a machine that is nobody's: code that
 * never ran has to be loaded and compiled first, which takes longer than all else of the downtime.
 * It goes on until {@link #finish}, or until it has been done often enough.
 *
 * <p>Threading: one of its own; {@link #start} and {@link #finish} by one other.
 */
final class Rehearsal {
    private static final System.Logger LOG = System.getLogger(Rehearsal.class.getName());
    private static final int LEAST_TIMES = 8;
    private static final int MOST_TIMES = 40;
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";

    private final GuestCpu cpu;
    private final FutureTask<Void> task = new FutureTask<>(this::run, null);
    private volatile boolean enough;

    // Of the thread that rehearses.
    private int times;

    /** Not begun yet. */
    Rehearsal(GuestCpu cpu) {
        this.cpu = cpu;
    }

    /** Begins; returns at once. */
    void start() {
        Thread.ofPlatform().daemon().name("migration-rehearsal").start(task);
    }

    /** Ends it soon, and waits for that; but not before it was done some times. */
    void finish() {
        enough = true;
        try {
            task.get();
        } catch (ExecutionException e) {
            // What follows may take longer then, and that is all.
            LOG.log(System.Logger.Level.INFO, "The rehearsal failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException("The migration was interrupted.", e);
        }
    }

    private void run() {
        decide();
        CutRehearsal.move(cpu, this::again);
    }

    private boolean again(MachineState state) {
        tell(state);
        times++;
        return times < LEAST_TIMES || times < MOST_TIMES && !enough;
    }

    /** All that is said while the guest stands still, to nobody. */
    private static void tell(MachineState state) {
        byte[] payload = Message.write(new Message.State(0, false, state));
        Message.readState(frame(FrameType.STATE, payload));
        Message.Round round = new Message.Round(1, 1, List.of());
        Message.read(frame(FrameType.ROUND, Message.write(round)), Message.Round.class);
        Message.Token token = new Message.Token(TOKEN);
        Message.read(frame(FrameType.GO, Message.write(token)), Message.Token.class);
        Message.Running running = new Message.Running(TOKEN, 1);
        Message.read(frame(FrameType.RUNNING, Message.write(running)), Message.Running.class);
    }

    private static Frame frame(FrameType type, byte[] payload) {
        return new Frame(new FrameHeader(type, payload.length, 0, 0), payload);
    }

    private static void decide() {
        try {
            Path folder = Files.createTempDirectory("hosta-rehearsal");
            try {
                ArrivalRecords.Held record = new ArrivalRecords(folder).begin(TOKEN);
                record.write(
                        new Entry(Decision.READY, TOKEN, TOKEN, "nobody", "nowhere", List.of()));
                record.remove();
            } finally {
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new MigrationException("Cannot write files here: " + e.getMessage() + ".", e);
        }
    }
}
