package dev.hosta.machine;

import dev.hosta.vcpu.VcpuThread;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Makes a running guest's vCPUs stand still for moments, while its devices go on: for whoever has
 * to keep up with what the guest writes.
 *
 * <p>Threading: any thread. A pause that comes during a moment takes over: the moment's end does
 * not let the guest run then.
 */
public final class VcpuBrake {
    private final Object lock;
    private final List<VcpuThread> vcpus;
    private final BooleanSupplier underWay;

    /**
     * For the vCPUs of one machine.
     *
     * @param lock the machine's own
     * @param underWay whether the guest runs; asked under the lock
     */
    VcpuBrake(Object lock, List<VcpuThread> vcpus, BooleanSupplier underWay) {
        this.lock = lock;
        this.vcpus = vcpus;
        this.underWay = underWay;
    }

    /**
     * Lets the vCPUs stand still for a moment, and is back when they run again; at once where the
     * guest does not run.
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

    /** Returns once all of them stand still. */
    static void pause(List<VcpuThread> vcpus) {
        List<CompletableFuture<Void>> pauses = vcpus.stream().map(VcpuThread::pauseSoon).toList();
        pauses.forEach(CompletableFuture::join);
    }
}
