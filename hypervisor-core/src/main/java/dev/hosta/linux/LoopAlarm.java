package dev.hosta.linux;

import dev.hosta.device.backend.Alarm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A timer of the kernel's in an {@link EventLoop}: timerfd_create(2), CLOCK_MONOTONIC.
 *
 * <p>Threading: {@link #set} and {@link #cancel} on the loop's thread; {@link #close} once that
 * thread has ended.
 */
final class LoopAlarm implements Alarm, AutoCloseable {
    private static final int CLOCK_MONOTONIC = 1;
    private static final int TFD_NONBLOCK = 0x800;
    private static final int TFD_CLOEXEC = 0x80000;
    private static final long SECOND_NANOS = 1_000_000_000L;

    /** {@code struct itimerspec}: interval, then first expiry, each seconds and nanoseconds. */
    private static final int ITIMERSPEC_BYTES = 32;

    private static final int FIRST_SECONDS = 16;
    private static final int FIRST_NANOS = 24;
    private static final Runnable NOTHING = () -> {};

    private final Arena arena = Arena.ofShared();
    private final MemorySegment time = arena.allocate(ITIMERSPEC_BYTES, 8);
    private final MemorySegment rings = arena.allocate(8, 8);
    private final FileDescriptor fd;
    private Runnable action = NOTHING;

    private LoopAlarm(FileDescriptor fd) {
        this.fd = fd;
    }

    /** Makes one and has the loop watch it. */
    static LoopAlarm on(EventLoop loop) {
        int number = Native.LIBC.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        Native.checked(number, "create a timer", "timerfd_create");
        LoopAlarm alarm = new LoopAlarm(FileDescriptor.owning(number));
        try {
            loop.add(alarm.fd, EventLoop.READABLE, events -> alarm.ring());
        } catch (LinuxException e) {
            alarm.close();
            throw e;
        }
        return alarm;
    }

    private void ring() {
        // Nothing to read where it was set anew after the kernel reported it.
        if (fd.read(rings) != FileDescriptor.WOULD_BLOCK) {
            Runnable due = action;
            action = NOTHING;
            due.run();
        }
    }

    @Override
    public long nowNanos() {
        return System.nanoTime();
    }

    @Override
    public void set(long delayNanos, Runnable newAction) {
        action = newAction;
        // All zero would disarm it.
        arm(Math.max(1, delayNanos));
    }

    @Override
    public void cancel() {
        action = NOTHING;
        arm(0);
    }

    private void arm(long nanos) {
        time.set(ValueLayout.JAVA_LONG, FIRST_SECONDS, nanos / SECOND_NANOS);
        time.set(ValueLayout.JAVA_LONG, FIRST_NANOS, nanos % SECOND_NANOS);
        int result = Native.LIBC.timerfd_settime(fd.number(), 0, time.address(), 0);
        Native.checked(result, "set a timer", "timerfd_settime");
    }

    /** Closes the timer, which takes it out of the loop. Idempotent. */
    @Override
    public void close() {
        if (!fd.isClosed()) {
            fd.close();
            arena.close();
        }
    }
}
