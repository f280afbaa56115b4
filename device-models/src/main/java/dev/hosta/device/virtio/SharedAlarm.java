package dev.hosta.device.virtio;

import dev.hosta.device.backend.Alarm;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Makes several alarms of one: each share is set and cancelled by itself.
 *
 * <p>Threading: as {@link Alarm}; shares are made before the device starts.
 */
public final class SharedAlarm {
    private static final Runnable NOTHING = () -> {};

    private final Alarm alarm;
    private final List<Share> shares = new ArrayList<>();

    /** Shares out an alarm that nobody else sets. */
    public SharedAlarm(Alarm alarm) {
        this.alarm = Objects.requireNonNull(alarm);
    }

    /** One more alarm. */
    public Alarm share() {
        Share share = new Share();
        shares.add(share);
        return share;
    }

    private void ring() {
        long now = alarm.nowNanos();
        for (Share share : shares) {
            if (share.action != NOTHING && share.dueNanos - now <= 0) {
                Runnable action = share.action;
                share.action = NOTHING;
                action.run();
            }
        }
        arm();
    }

    private void arm() {
        long now = alarm.nowNanos();
        long soonest = Long.MAX_VALUE;
        for (Share share : shares) {
            if (share.action != NOTHING) {
                soonest = Math.min(soonest, Math.max(0, share.dueNanos - now));
            }
        }
        if (soonest == Long.MAX_VALUE) {
            alarm.cancel();
        } else {
            alarm.set(soonest, this::ring);
        }
    }

    private final class Share implements Alarm {
        private long dueNanos;
        private Runnable action = NOTHING;

        @Override
        public long nowNanos() {
            return alarm.nowNanos();
        }

        @Override
        public void set(long delayNanos, Runnable newAction) {
            dueNanos = nowNanos() + delayNanos;
            action = newAction;
            arm();
        }

        @Override
        public void cancel() {
            if (action != NOTHING) {
                action = NOTHING;
                arm();
            }
        }
    }
}
