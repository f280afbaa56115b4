package dev.hosta.control;

import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.snapshot.ForkSource;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The forks of a VM, one at a time: its frozen memory stands ready until the other process says
 * that it has made its machine of it, or {@value #LEASE_SECONDS} seconds have passed.
 *
 * <p>Threading: any thread; who comes second waits.
 */
public final class Forks {
    private static final int LEASE_SECONDS = 60;

    /** A fork that another process may read. */
    private record Lent(Path folder, ForkSource source) {}

    private final String name;

    // Guarded by this object's monitor.
    private Optional<Lent> lent = Optional.empty();
    private boolean opening;
    private boolean closing;
    private int count;

    /**
     * None yet.
     *
     * @param name whose runtime folder they are described in
     */
    public Forks(String name) {
        this.name = name;
    }

    /**
     * Freezes the machine, which runs on, for another process to read.
     *
     * @param replacedDisks ids of writable disks that the other one has files of its own for
     * @param twin the other one's name, if it is known
     * @return {@code source_url} of what to restore from, {@code copied_disks} that were made for
     *     it, and {@code pause_us}
     */
    Map<String, Object> open(VirtualMachine vm, Set<String> replacedDisks, Optional<String> twin) {
        Path folder = begin();
        Optional<Lent> opened = Optional.empty();
        try {
            ForkSource source = ForkSource.open(vm, folder, replacedDisks, twin);
            opened = Optional.of(new Lent(folder, source));
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("source_url", "file://" + folder);
            answer.put("copied_disks", source.copiedDisks());
            answer.put("pause_us", source.pauseNanos() / 1000);
            return answer;
        } catch (IllegalStateException e) {
            throw new CallException(405, e.getMessage() + ".");
        } finally {
            begun(opened);
        }
    }

    private synchronized Path begin() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEASE_SECONDS);
        while (opening || lent.isPresent()) {
            if (!await(end - System.nanoTime())) {
                throw new CallException(500, "Cannot fork the VM: it is being forked.");
            }
        }
        opening = true;
        return RuntimeFolder.pathOf(name).resolve("fork-" + ++count);
    }

    private synchronized void begun(Optional<Lent> opened) {
        opening = false;
        lent = opened;
        notifyAll();
        if (closing) {
            letGo();
        } else if (opened.isPresent()) {
            Thread lease = new Thread(() -> takeBack(opened.get()), "fork-lease");
            lease.setDaemon(true);
            lease.start();
        }
    }

    /** Waits for a change; false where the time is up. */
    private boolean await(long nanos) {
        if (nanos <= 0) {
            return false;
        }
        try {
            wait(nanos / 1_000_000 + 1);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized void takeBack(Lent mine) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEASE_SECONDS);
        while (lent.filter(now -> now == mine).isPresent()) {
            if (!await(end - System.nanoTime())) {
                letGo();
                return;
            }
        }
    }

    /**
     * The other process needs the fork in that folder no more.
     *
     * @param made whether it has made its machine, which has the copies of disks then
     * @return false where there is no such fork
     */
    synchronized boolean release(Path folder, boolean made) {
        boolean there = lent.map(now -> now.folder().equals(folder)).orElse(false);
        if (there) {
            if (made) {
                lent.get().source().keepDisks();
            }
            letGo();
        }
        return there;
    }

    private void letGo() {
        lent.ifPresent(now -> now.source().close());
        lent = Optional.empty();
        notifyAll();
    }

    /** Lets go of what there is: the machine, which has ended, goes away. */
    public synchronized void settle() {
        closing = true;
        letGo();
        try {
            while (opening) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closing = false;
        }
    }
}
