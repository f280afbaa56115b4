package dev.hosta.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void aBurstGoesThroughAndThenTheRateHolds() {
        TokenBucket bucket = new TokenBucket(1000, 100, 0);
        assertEquals(0, bucket.delayNanos(100, 0));
        bucket.take(100);
        assertEquals(SECOND / 100, bucket.delayNanos(10, 0));
        assertEquals(SECOND / 200, bucket.delayNanos(10, SECOND / 200));
        assertEquals(0, bucket.delayNanos(10, SECOND / 100));
    }

    @Test
    void idleTimeSavesNoMoreThanTheBurst() {
        TokenBucket bucket = new TokenBucket(1000, 100, 0);
        assertEquals(0, bucket.delayNanos(100, 3600 * SECOND));
        bucket.take(100);
        assertEquals(SECOND / 10, bucket.delayNanos(100, 3600 * SECOND));
    }

    @Test
    void workLargerThanTheBurstLeavesADebt() {
        TokenBucket bucket = new TokenBucket(1000, 100, 0);
        assertEquals(0, bucket.delayNanos(500, 0));
        bucket.take(500);
        assertEquals(SECOND * 401 / 1000, bucket.delayNanos(1, 0));
    }

    @Test
    void aClockThatGoesBackGivesNothing() {
        TokenBucket bucket = new TokenBucket(1000, 100, SECOND);
        bucket.take(100);
        assertEquals(SECOND / 1000, bucket.delayNanos(1, 0));
    }

    @Test
    void ratesOfNothingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(0, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new TokenBucket(1, 0, 0));
    }
}
