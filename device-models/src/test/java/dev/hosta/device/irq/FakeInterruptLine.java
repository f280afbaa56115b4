package dev.hosta.device.irq;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** An interrupt pin that remembers its level and counts rising edges. */
public final class FakeInterruptLine implements InterruptLine {
    private final AtomicBoolean high = new AtomicBoolean();
    private final AtomicLong edges = new AtomicLong();

    @Override
    public void set(boolean level) {
        if (!high.getAndSet(level) && level) {
            edges.incrementAndGet();
        }
    }

    /** The level last given. */
    public boolean isHigh() {
        return high.get();
    }

    /** Rising edges so far. */
    public long edges() {
        return edges.get();
    }
}
