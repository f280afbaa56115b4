package dev.hosta.control;

import dev.hosta.machine.VirtualMachine;
import dev.hosta.snapshot.CoreFile;
import dev.hosta.snapshot.DiskCopying;
import dev.hosta.snapshot.SaveException;
import dev.hosta.snapshot.SaveOptions;
import dev.hosta.snapshot.SaveProgress;
import dev.hosta.snapshot.SaveReport;
import dev.hosta.snapshot.SavedForm;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * The saves and dumps of a VM, one at a time: how far the one under way is, and how the last one
 * went.
 *
 * <p>Whoever closes a machine first has its save {@linkplain #settle settled}, as that reads the
 * machine's memory.
 *
 * <p>Threading: any thread.
 */
public final class Saves {
    /**
     * One save, as it is or was.
     *
     * @param action {@code suspend}, {@code snapshot} or {@code dump}
     * @param target the folder, or the file of a dump
     * @param state {@code running}, {@code done}, {@code failed} or {@code cancelled}
     * @param stage what it is at, while it runs
     */
    private record Save(
            String action,
            Path target,
            String state,
            SaveProgress.Stage stage,
            long bytesDone,
            long bytesTotal,
            long beganNanos,
            long endedNanos,
            Optional<SaveReport> report) {
        boolean isRunning() {
            return state.equals("running");
        }

        Save at(SaveProgress.Stage now, long done, long total) {
            return new Save(action, target, state, now, done, total, beganNanos, 0, report);
        }

        Save ended(String how, Optional<SaveReport> came) {
            long now = System.nanoTime();
            return new Save(
                    action, target, how, stage, bytesDone, bytesTotal, beganNanos, now, came);
        }
    }

    // Guarded by this object's monitor.
    private Optional<Save> last = Optional.empty();
    private boolean suspending;
    private boolean cancelled;

    /** Nothing saved yet. */
    public Saves() {}

    /**
     * Saves a machine that runs on, or is paused and stays so.
     *
     * @param folder absolute
     * @param disks what becomes of its writable disks
     * @throws SaveException where it cannot be saved
     * @throws CallException where it is being saved, or the save was cancelled
     */
    void snapshot(VirtualMachine vm, Path folder, DiskCopying disks) {
        SaveOptions options = SaveOptions.snapshot(disks);
        save("snapshot", folder, false, now -> SavedForm.write(vm, folder, options, now));
    }

    /**
     * Saves a machine that stays paused afterwards. From now on {@link #isSuspending}, unless this
     * fails.
     *
     * @param folder absolute
     * @throws SaveException where it cannot be saved; it runs on if it ran
     * @throws CallException where it is being saved, or the save was cancelled
     */
    void suspend(VirtualMachine vm, Path folder) {
        SaveOptions options = SaveOptions.SUSPEND;
        save("suspend", folder, true, now -> SavedForm.write(vm, folder, options, now));
    }

    /**
     * Writes a core file of a machine, which is as it was afterwards.
     *
     * @param file absolute
     * @throws SaveException where it cannot be written
     * @throws CallException where the machine is being saved, or the dump was cancelled
     */
    void dump(VirtualMachine vm, Path file) {
        save("dump", file, false, now -> CoreFile.write(vm, file, now));
    }

    /** What writes a machine to a place. */
    private interface Writing {
        SaveReport write(SaveProgress progress);
    }

    private void save(String action, Path target, boolean thenStop, Writing writing) {
        begin(action, target, thenStop);
        String how = "failed";
        Optional<SaveReport> report = Optional.empty();
        try {
            report = Optional.of(writing.write(new Following()));
            how = "done";
        } catch (CancellationException e) {
            how = "cancelled";
            throw new CallException(500, e.getMessage());
        } catch (IllegalStateException e) {
            throw new CallException(405, e.getMessage() + ".");
        } finally {
            end(how, report);
        }
    }

    private synchronized void begin(String action, Path target, boolean thenStop) {
        if (last.map(Save::isRunning).orElse(false) || suspending) {
            throw new CallException(500, "Cannot " + action + " the VM: it is being saved.");
        }
        long now = System.nanoTime();
        SaveProgress.Stage first = SaveProgress.Stage.CUTTING;
        last = Optional.of(new Save(action, target, "running", first, 0, 0, now, 0, empty()));
        suspending = thenStop;
        cancelled = false;
    }

    private static Optional<SaveReport> empty() {
        return Optional.empty();
    }

    private synchronized void end(String how, Optional<SaveReport> report) {
        suspending &= report.isPresent();
        last = last.map(save -> save.ended(how, report));
        notifyAll();
    }

    /** Writes down how far the save is. */
    private final class Following implements SaveProgress {
        @Override
        public void report(Stage stage, long bytesDone, long bytesTotal) {
            synchronized (Saves.this) {
                last = last.map(save -> save.at(stage, bytesDone, bytesTotal));
            }
        }

        @Override
        public boolean isCancelled() {
            synchronized (Saves.this) {
                return cancelled;
            }
        }
    }

    /** Whether the machine is being suspended, or was: it must not run on then. */
    synchronized boolean isSuspending() {
        return suspending;
    }

    /** Where the machine was suspended to; empty where it was not. */
    public synchronized Optional<Path> suspendedTo() {
        boolean done = suspending && last.map(save -> save.state().equals("done")).orElse(false);
        return done ? last.map(Save::target) : Optional.empty();
    }

    /** Ends the save under way, if any, soon; nothing of it stays behind. */
    public synchronized void cancel() {
        cancelled = true;
    }

    /**
     * Waits until no save is under way.
     *
     * @param cancelling whether it is cancelled for that
     */
    public synchronized void settle(boolean cancelling) {
        try {
            while (last.map(Save::isRunning).orElse(false)) {
                cancelled |= cancelling;
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The machine is gone that was suspended; another one may come. */
    public synchronized void forget() {
        suspending = false;
    }

    /** How far the save is, or how the last one went; empty before the first. */
    synchronized Map<String, Object> progress() {
        return last.map(Saves::describe).orElse(Map.of());
    }

    private static Map<String, Object> describe(Save save) {
        long until = save.isRunning() ? System.nanoTime() : save.endedNanos();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("action", save.action());
        map.put("destination_url", "file://" + save.target());
        map.put("state", save.state());
        map.put("stage", save.stage().name().toLowerCase(java.util.Locale.ROOT));
        map.put("bytes_done", save.bytesDone());
        map.put("bytes_total", save.bytesTotal());
        map.put("elapsed_ms", (until - save.beganNanos()) / 1_000_000);
        save.report()
                .ifPresent(
                        report -> {
                            map.put("pause_us", report.pauseNanos() / 1000);
                            map.put("written_bytes", report.writtenBytes());
                        });
        return map;
    }
}
