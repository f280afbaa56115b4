package dev.hosta.device.virtio;

/**
 * A rate limit: tokens flow in at a fixed rate up to a burst, and work takes them out.
 *
 * <p>Work larger than the burst is let through once the bucket is full, and leaves a debt that is
 * paid before anything else goes through; so no size of request is shut out, and the rate holds.
 *
 * <p>Threading: one thread, the device's.
 */
public final class TokenBucket {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final long perSecond;
    private final long burst;
    private double tokens;
    private long filledNanos;

    /**
     * A full bucket.
     *
     * @param perSecond tokens a second, 1 or more
     * @param burst the most that it holds, 1 or more
     * @param nowNanos the clock's time now
     */
    public TokenBucket(long perSecond, long burst, long nowNanos) {
        if (perSecond < 1 || burst < 1) {
            throw new IllegalArgumentException(
                    "Rate and burst must be 1 or more: perSecond="
                            + perSecond
                            + ", burst="
                            + burst);
        }
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.filledNanos = nowNanos;
    }

    /**
     * How long work must wait.
     *
     * @param wanted tokens that the work costs, 0 or more
     * @return 0 where it may go through now; else nanoseconds until it may
     */
    public long delayNanos(long wanted, long nowNanos) {
        fill(nowNanos);
        double missing = Math.min(wanted, burst) - tokens;
        return missing <= 0 ? 0 : (long) Math.ceil(missing * SECOND_NANOS / perSecond);
    }

    /**
     * Takes tokens out, into debt where they do not suffice; asked for after {@link #delayNanos}.
     */
    public void take(long taken) {
        tokens -= taken;
    }

    private void fill(long nowNanos) {
        double flown = (nowNanos - filledNanos) * ((double) perSecond / SECOND_NANOS);
        tokens = Math.min(burst, tokens + Math.max(0, flown));
        filledNanos = Math.max(filledNanos, nowNanos);
    }
}
