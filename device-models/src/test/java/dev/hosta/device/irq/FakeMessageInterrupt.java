package dev.hosta.device.irq;

import java.util.concurrent.atomic.AtomicLong;

/** Counts messages. Threading: any thread. */
public final class FakeMessageInterrupt implements MessageInterrupt {
    private final AtomicLong sent = new AtomicLong();

    @Override
    public void send() {
        sent.incrementAndGet();
    }

    /** Messages so far. */
    public long sent() {
        return sent.get();
    }
}
