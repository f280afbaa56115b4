package dev.hosta.cli;

import dev.hosta.control.CallException;
import dev.hosta.control.ConsoleHub;
import dev.hosta.control.Forks;
import dev.hosta.control.Migrations;
import dev.hosta.control.Saves;
import dev.hosta.control.SerialChoice;
import dev.hosta.control.VmView;
import dev.hosta.control.Vmm;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.StandbyThread;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.TlsFolder;
import dev.hosta.snapshot.ClockChoice;
import dev.hosta.snapshot.Overrides;
import dev.hosta.snapshot.RestoreOptions;
import dev.hosta.snapshot.SavedForm;
import dev.hosta.snapshot.SavedMachine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * A VMM that begins without a VM and takes one over its API; the process lives until it is told to
 * end, or its guest powers off.
 *
 * <p>Threading: any thread. Calls that change the VM come one at a time; a thread of its own waits
 * for each machine's end.
 */
final class EmptyVmm implements Vmm, ConsoleInput.Guest {
    private static final String WATCHER = "machine-end";

    /** A machine that is up. */
    private record Up(VirtualMachine machine, long sinceNanos, CompletableFuture<Void> down) {}

    private final String name;
    private final boolean staysWithoutGuest;
    private final CountDownLatch over = new CountDownLatch(1);
    private final VmmConsoles consoles = new VmmConsoles(this);
    private final Saves saves = new Saves();
    private final Forks forks;
    private final Migrations migrations = new Migrations();

    // Guarded by this object's monitor.
    private Optional<VmView> created = Optional.empty();
    private Optional<Up> up = Optional.empty();
    private boolean changing;
    private boolean arriving;

    /**
     * A VMM without a VM.
     *
     * @param name by which people find it
     * @param staysWithoutGuest whether it outlives a guest that powers itself off
     */
    EmptyVmm(String name, boolean staysWithoutGuest) {
        this.name = name;
        this.staysWithoutGuest = staysWithoutGuest;
        this.forks = new Forks(name);
    }

    /** Waits until the process is to end, and takes down what still runs. */
    void awaitEnd() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes everything down; idempotent. */
    void close() {
        takeDown();
        consoles.close();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized Optional<VmView> vm() {
        return created.map(
                vm ->
                        new VmView(
                                vm.spec(),
                                vm.serial(),
                                up.map(Up::machine),
                                up.map(Up::sinceNanos).orElse(0L),
                                vm.end()));
    }

    @Override
    public synchronized void create(MachineSpec spec, SerialChoice serial) {
        requireNone();
        created = Optional.of(new VmView(spec, serial, Optional.empty(), 0, Optional.empty()));
    }

    private void requireNone() {
        if (created.isPresent() || arriving) {
            throw new CallException(500, "The VM is already created.");
        }
    }

    @Override
    public void receive(MigrationAddress at, Optional<TlsFolder> tls) {
        synchronized (this) {
            requireNone();
            arriving = true;
        }
        try (StandbyThread watcher = StandbyThread.start(WATCHER)) {
            VirtualMachine machine = new VmmArrival(name, consoles.hub()).await(at, tls);
            synchronized (this) {
                arriving = false;
                create(machine.spec(), new SerialChoice.None());
                changing = true;
            }
            bringUp(vm().orElseThrow(), machine, () -> {}, watcher);
        } finally {
            synchronized (this) {
                arriving = false;
                changing = false;
            }
        }
    }

    @Override
    public void restore(Path folder, boolean prefault) {
        SavedMachine saved = SavedForm.read(folder);
        Overrides overrides = new Overrides(Optional.of(name), Map.of(), false);
        create(saved.specWith(overrides), new SerialChoice.None());
        VmView vm = begin();
        boolean restored = false;
        try {
            RestoreOptions options = new RestoreOptions(prefault, false, ClockChoice.STOPPED);
            VirtualMachine machine = saved.restore(overrides, consoles.hub(), options);
            bringUp(vm, machine, () -> {});
            restored = true;
        } finally {
            done();
            if (!restored) {
                forget();
            }
        }
    }

    private synchronized void forget() {
        created = Optional.empty();
    }

    @Override
    public Saves saves() {
        return saves;
    }

    @Override
    public Migrations migrations() {
        return migrations;
    }

    @Override
    public Forks forks() {
        return forks;
    }

    /** Begins a change of the VM, one at a time. */
    private synchronized VmView begin() {
        VmView vm = created.orElseThrow(() -> new CallException(404, "The VM is not created."));
        if (changing) {
            throw new CallException(500, "Another call is changing the VM.");
        }
        changing = true;
        return vm;
    }

    private synchronized void done() {
        changing = false;
    }

    @Override
    public void boot() {
        VmView vm = begin();
        try {
            if (isUp()) {
                throw new CallException(500, "The VM is already booted.");
            }
            boot(vm);
        } finally {
            done();
        }
    }

    private boolean isUp() {
        return upNow().isPresent();
    }

    private synchronized Optional<Up> upNow() {
        return up;
    }

    private void boot(VmView vm) {
        VirtualMachine machine = VirtualMachine.create(vm.spec(), consoles.hub());
        bringUp(vm, machine, machine::start);
    }

    private void bringUp(VmView vm, VirtualMachine machine, Runnable start) {
        try (StandbyThread watcher = StandbyThread.start(WATCHER)) {
            bringUp(vm, machine, start, watcher);
        } catch (LinuxException e) {
            machine.close();
            throw e;
        }
    }

    /** Takes over a machine and its end, and lets it run. */
    private void bringUp(VmView vm, VirtualMachine machine, Runnable start, StandbyThread watcher) {
        try {
            Console console = consoles.open(vm.serial());
            machine.onConsoleRoom(
                    () -> {
                        console.roomCame();
                        consoles.hub().roomCame();
                    });
            start.run();
            console.start();
        } catch (RuntimeException e) {
            machine.close();
            throw e;
        }
        Up now = new Up(machine, System.nanoTime(), new CompletableFuture<>());
        synchronized (this) {
            up = Optional.of(now);
        }
        watcher.begin(() -> watch(now));
    }

    /** Waits for a machine's end, gives it back, and does what the end asks for. */
    private void watch(Up mine) {
        String end;
        boolean again = false;
        boolean byItself = true;
        try (VirtualMachine machine = mine.machine()) {
            MachineOutcome outcome = machine.awaitEnd();
            again = outcome instanceof MachineOutcome.ResetRequested;
            boolean stopped = outcome instanceof MachineOutcome.Stopped;
            byItself = !again && !stopped;
            migrations.settle();
            saves.settle(stopped);
            forks.settle();
            end =
                    saves.suspendedTo()
                            .map(folder -> "suspended to " + folder)
                            .or(() -> migrations.goneTo().map(there -> "went to " + there))
                            .orElse(OutcomeText.of(outcome));
            saves.forget();
            migrations.forget();
        } catch (RuntimeException e) {
            Failure.report(e);
            end = "failed: " + e.getMessage();
        }
        String how = end;
        synchronized (this) {
            up = Optional.empty();
            created =
                    created.map(
                            vm ->
                                    new VmView(
                                            vm.spec(),
                                            vm.serial(),
                                            Optional.empty(),
                                            0,
                                            Optional.of(how)));
        }
        mine.down().complete(null);
        if (again) {
            bootAgain();
        } else if (byItself && !staysWithoutGuest) {
            over.countDown();
        }
    }

    private void bootAgain() {
        try {
            boot();
        } catch (RuntimeException e) { // Deleted in the same moment, or no longer allowed.
            Failure.report(e);
        }
    }

    @Override
    public void shutdown() {
        begin();
        try {
            if (!takeDown()) {
                throw new CallException(405, "The VM is not booted.");
            }
        } finally {
            done();
        }
    }

    /** Ends the machine and waits for it; false where there is none. */
    private boolean takeDown() {
        Optional<Up> now = upNow();
        now.ifPresent(
                running -> {
                    running.machine().requestStop();
                    running.down().join();
                });
        return now.isPresent();
    }

    @Override
    public void reboot() {
        VmView vm = begin();
        try {
            if (!takeDown()) {
                throw new CallException(405, "The VM is not booted.");
            }
            boot(vm);
        } finally {
            done();
        }
    }

    @Override
    public void delete() {
        begin();
        try {
            takeDown();
            synchronized (this) {
                created = Optional.empty();
            }
        } finally {
            done();
        }
    }

    @Override
    public void end() {
        over.countDown();
    }

    @Override
    public boolean endsWithMachine() {
        return false;
    }

    @Override
    public ConsoleHub console() {
        return consoles.hub();
    }

    @Override
    public int offer(byte[] bytes, int offset, int length) {
        return upNow().map(running -> running.machine().offerConsoleInput(bytes, offset, length))
                .orElse(length);
    }

    @Override
    public void stop() {
        over.countDown();
    }
}
