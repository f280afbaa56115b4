package dev.hosta.device.virtio;

import dev.hosta.device.backend.Alarm;

/** A clock that the test moves; the alarm rings while it does. */
public final class ManualAlarm implements Alarm {
    private static final Runnable NOTHING = () -> {};

    private long nowNanos = 1_000_000;
    private long dueNanos;
    private Runnable action = NOTHING;

    /** Lets time pass, in steps from one alarm to the next. */
    public void pass(long nanos) {
        long end = nowNanos + nanos;
        while (action != NOTHING && dueNanos <= end) {
            nowNanos = Math.max(nowNanos, dueNanos);
            Runnable due = action;
            action = NOTHING;
            due.run();
        }
        nowNanos = end;
    }

    /** Whether it will ring. */
    public boolean isSet() {
        return action != NOTHING;
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public void set(long delayNanos, Runnable newAction) {
        dueNanos = nowNanos + delayNanos;
        action = newAction;
    }

    @Override
    public void cancel() {
        action = NOTHING;
    }
}
