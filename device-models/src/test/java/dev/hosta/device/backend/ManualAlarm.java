package dev.hosta.device.backend;

import java.util.Optional;

/** A clock that stands still until a test moves it. */
public final class ManualAlarm implements Alarm {
    private long nowNanos;
    private long dueNanos;
    private Optional<Runnable> action = Optional.empty();

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public void set(long delayNanos, Runnable newAction) {
        if (delayNanos < 0) {
            throw new IllegalArgumentException("A delay cannot be negative: " + delayNanos);
        }
        dueNanos = nowNanos + delayNanos;
        action = Optional.of(newAction);
    }

    @Override
    public void cancel() {
        action = Optional.empty();
    }

    /** Whether something is set. */
    public boolean isSet() {
        return action.isPresent();
    }

    /** Moves the time on, calling back where it comes past what is set. */
    public void advance(long nanos) {
        long end = nowNanos + nanos;
        while (action.isPresent() && dueNanos <= end) {
            nowNanos = Math.max(nowNanos, dueNanos);
            Runnable due = action.get();
            action = Optional.empty();
            due.run();
        }
        nowNanos = end;
    }
}
