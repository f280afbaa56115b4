package dev.hosta.machine;

import dev.hosta.vcpu.VcpuThread;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What can be done to a guest while it runs, by whoever moves it: nothing of it happens while it
 * does not.
 *
 * <p>Threading: any thread.
 */
public final class RunningGuest {
    private final Object lock;
    private final List<VcpuThread> vcpus;
    private final Board board;
    private final BooleanSupplier underWay;

    /**
     * For the guest of one machine.
     *
     * @param lock the machine's own
     * @param underWay whether the guest runs; asked under the lock
     */
    RunningGuest(Object lock, List<VcpuThread> vcpus, Board board, BooleanSupplier underWay) {
        this.lock = lock;
        this.vcpus = vcpus;
        this.board = board;
        this.underWay = underWay;
    }

    /** Makes it known to its networks, which it may have come to from elsewhere. */
    public void announce() {
        synchronized (lock) {
            if (underWay.getAsBoolean()) {
                board.announce();
            }
        }
    }

    /**
     * Lets the vCPUs stand still for a moment, while the devices go on, and is back when they run
     * again: so that the guest writes less. A pause that comes during a moment takes over: its end
     * does not let the guest run then.
     *
     * @param moment 0 up to some milliseconds
     */
    public void hold(Duration moment) {
        synchronized (lock) {
            if (!underWay.getAsBoolean()) {
                return;
            }
            pause(vcpus);
            long end = System.nanoTime() + moment.toNanos();
            try {
                // Waiting gives the lock to whoever wants to pause, resume or close.
                for (long left = moment.toNanos(); left > 0; left = end - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(lock, left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                if (underWay.getAsBoolean()) {
                    vcpus.forEach(VcpuThread::run);
                }
            }
        }
    }

    /**
     * Does something while no request of a disk has guest memory in use; the vCPUs run on, and wait
     * for their disks.
     *
     * @param action takes some milliseconds at most
     */
    void restDisks(Runnable action) {
        synchronized (lock) {
            if (!underWay.getAsBoolean()) {
                return;
            }
            board.pauseDisks();
            try {
                action.run();
            } finally {
                board.resumeDisks();
            }
        }
    }

    /** Returns once all of them stand still. */
    static void pause(List<VcpuThread> vcpus) {
        List<CompletableFuture<Void>> pauses = vcpus.stream().map(VcpuThread::pauseSoon).toList();
        pauses.forEach(CompletableFuture::join);
    }
}
