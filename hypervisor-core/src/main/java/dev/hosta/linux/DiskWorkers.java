package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Completion;
import dev.hosta.device.backend.BlockBackend.Result;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A few threads that carry out a disk's blocking system calls, each with a scratch of its own.
 *
 * <p>Threading: {@link #submit} and {@link #drain} on any thread, {@link #close} by the owner.
 */
final class DiskWorkers implements AutoCloseable {
    private static final int COUNT = 4;

    /** One request: what a worker does, and whom it tells. */
    private record Job(Work work, Completion completion) {}

    /** The blocking part of a request. */
    @FunctionalInterface
    interface Work {
        Result run(DiskScratch scratch);
    }

    private final Lock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition idle = lock.newCondition();
    private final Queue<Job> queue = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>(COUNT);
    private int inFlight;
    private boolean closed;

    /**
     * Starts the threads.
     *
     * @param name of the disk, for the threads' names
     */
    DiskWorkers(String name) {
        for (int i = 0; i < COUNT; i++) {
            threads.add(Thread.ofPlatform().name(name + "-io" + i).daemon().unstarted(this::serve));
        }
    }

    /**
     * Starts the threads. Once.
     *
     * @throws LinuxException where the host has not so many; those that are there end with {@link
     *     #close}
     */
    void start() {
        threads.forEach(HostThread::start);
    }

    /** Queues a request. Its completion is called by a worker, once. */
    void submit(Work what, Completion completion) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The disk is closed");
            }
            inFlight++;
            queue.add(new Job(what, completion));
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    private void serve() {
        try (DiskScratch scratch = new DiskScratch()) {
            for (Job job = next(); job != null; job = next()) {
                try {
                    job.completion.done(job.work.run(scratch));
                } finally {
                    ended();
                }
            }
        }
    }

    /** The next request, or null when there is none and never will be. */
    private Job next() {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                work.awaitUninterruptibly();
            }
            return queue.poll();
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            inFlight--;
            if (inFlight == 0) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every request that was submitted has been told of. */
    void drain() {
        lock.lock();
        try {
            while (inFlight > 0) {
                idle.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Finishes what is queued and joins the threads. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
