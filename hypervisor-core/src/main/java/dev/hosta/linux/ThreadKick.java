package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Gets a thread out of a blocking KVM_RUN, by a signal that no handler ever sees.
 *
 * <p>The owner blocks signal {@value #SIGNAL} on itself and lets it through only inside KVM_RUN
 * ({@link #maskInsideRun}, for KVM_SET_SIGNAL_MASK). A kick then makes KVM_RUN return EINTR, or the
 * next KVM_RUN if the thread is elsewhere: no kick is lost. The signal stays pending until {@link
 * #drain}, which the owner calls after each EINTR; as long as it is pending, KVM_RUN returns at
 * once.
 *
 * <p>Threading: {@link #ofCurrentThread}, {@link #drain} and {@link #close} on the owning thread,
 * {@link #kick} on any. A closed kick does nothing, so that a thread id that the kernel gave to
 * someone else is never signalled.
 */
public final class ThreadKick implements AutoCloseable {
    /** A real-time signal that neither glibc (32, 33) nor the JVM (12, 62) uses. */
    public static final int SIGNAL = 40;

    private static final long SIGNAL_BIT = 1L << (SIGNAL - 1);
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;

    /** Bytes of glibc's sigset_t; the kernel's is the first eight. */
    private static final int SIGSET_BYTES = 128;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment signalSet = arena.allocate(SIGSET_BYTES, 8);
    private final MemorySegment before = arena.allocate(SIGSET_BYTES, 8);
    private final MemorySegment zeroTime = arena.allocate(16, 8);
    private final Object lock = new Object();
    private final int pid;
    private final int tid;
    private boolean closed;

    private ThreadKick() {
        signalSet.set(ValueLayout.JAVA_LONG, 0, SIGNAL_BIT);
        pid = Native.LIBC.getpid();
        tid = Native.LIBC.gettid();
        block();
    }

    private void block() {
        int error = Native.LIBC.pthread_sigmask(SIG_BLOCK, signalSet.address(), before.address());
        if (error != 0) {
            throw new LinuxException("block a signal", "pthread_sigmask", error, "");
        }
    }

    /** Makes the calling platform thread kickable. It must close the result before it ends. */
    public static ThreadKick ofCurrentThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("A virtual thread cannot be kicked");
        }
        return new ThreadKick();
    }

    /**
     * The mask for KVM_SET_SIGNAL_MASK: what the thread blocked before, without {@link #SIGNAL}.
     * Bit n-1 blocks signal n.
     */
    public long maskInsideRun() {
        return before.get(ValueLayout.JAVA_LONG, 0) & ~SIGNAL_BIT;
    }

    /** Makes the owner's current or next KVM_RUN return EINTR. Any thread; nothing once closed. */
    public void kick() {
        synchronized (lock) {
            if (!closed && Native.LIBC.tgkill(pid, tid, SIGNAL) < 0) {
                int errno = Native.errno();
                // EAGAIN: the queue of pending signals is full, so one is pending already.
                if (errno != Errno.EAGAIN) {
                    throw new LinuxException("kick a vCPU thread", "tgkill", errno, "");
                }
            }
        }
    }

    /**
     * Takes all pending kicks.
     *
     * @return how many there were
     */
    public int drain() {
        int count = 0;
        while (true) {
            if (Native.LIBC.sigtimedwait(signalSet.address(), 0, zeroTime.address()) >= 0) {
                count++;
                continue;
            }
            int errno = Native.errno();
            if (errno == Errno.EAGAIN) {
                return count;
            }
            if (errno != Errno.EINTR) {
                throw new LinuxException("take pending kicks", "sigtimedwait", errno, "");
            }
        }
    }

    /** Drains, restores the thread's signal mask and turns further kicks into nothing. */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        drain();
        Native.LIBC.pthread_sigmask(SIG_SETMASK, before.address(), 0);
        arena.close();
    }
}
