package dev.hosta.device.virtio.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.virtio.abi.VirtioMmio;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Bits and messages, with device and driver at the same time. */
@Timeout(60)
class InterruptStatusTest {
    private static final int USED = VirtioMmio.INTERRUPT_USED_BUFFER;
    private static final int CONFIG = VirtioMmio.INTERRUPT_CONFIG_CHANGE;
    private static final int ROUNDS = 200_000;
    private static final int BUFFERS = 20_000;

    @Test
    void everyRaiseSendsEvenWhereTheBitStands() {
        FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
        InterruptStatus status = new InterruptStatus(interrupt);
        status.raise(USED);
        status.raise(USED);
        status.raise(CONFIG);
        assertEquals(3, interrupt.sent());
        assertEquals(USED | CONFIG, status.pending());
        status.acknowledge(0xffff_fffcL | CONFIG);
        assertEquals(USED, status.pending());
        assertEquals(3, interrupt.sent());
    }

    /**
     * A guest's vCPU may be in its handler before the device's thread has returned from sending.
     */
    @Test
    void theBitStandsWhenTheMessageArrives() {
        AtomicReference<InterruptStatus> status = new AtomicReference<>();
        AtomicInteger handled = new AtomicInteger();
        status.set(
                new InterruptStatus(
                        () -> {
                            int bits = status.get().pending();
                            status.get().acknowledge(bits);
                            handled.addAndGet(bits);
                        }));
        status.get().raise(USED);
        assertEquals(USED, handled.get());
        status.get().raise(CONFIG);
        assertEquals(USED + CONFIG, handled.get());
        assertEquals(0, status.get().pending());
    }

    @Test
    void aRestoredBitIsSentWhenAskedFor() {
        FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
        InterruptStatus status = new InterruptStatus(interrupt);
        status.restore(CONFIG);
        assertEquals(0, interrupt.sent());
        status.sendAgain();
        assertEquals(1, interrupt.sent());
        status.restore(0);
        status.sendAgain();
        assertEquals(1, interrupt.sent());
    }

    /** Each of two threads has a bit of its own; what the other does must not touch it. */
    @Test
    void setAndClearAreAtomic() {
        InterruptStatus status = new InterruptStatus(() -> {});
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> setAndClear(status, USED));
        setAndClear(status, CONFIG);
        other.join();
        assertEquals(0, status.pending());
    }

    private static void setAndClear(InterruptStatus status, int bit) {
        for (int i = 0; i < ROUNDS; i++) {
            status.raise(bit);
            assertTrue((status.pending() & bit) != 0, "lost a bit");
            status.acknowledge(bit);
            assertEquals(0, status.pending() & bit, "a bit came back");
        }
    }

    /**
     * The driver of the class documentation, entered by messages only. The device is at most two
     * buffers ahead of it, so that one lost message is one too many: both would wait for ever.
     */
    @Test
    void aDriverThatAcknowledgesThenLooksMissesNothing() throws InterruptedException {
        Semaphore edge = new Semaphore(0);
        InterruptStatus status = new InterruptStatus(edge::release);
        AtomicInteger used = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        CompletableFuture<Void> device =
                CompletableFuture.runAsync(
                        () -> {
                            while (used.get() < BUFFERS) {
                                if (used.get() - seen.get() < 2) {
                                    used.incrementAndGet();
                                    status.raise(USED);
                                } else {
                                    Thread.onSpinWait();
                                }
                            }
                        });
        while (seen.get() < BUFFERS) {
            assertTrue(edge.tryAcquire(10, TimeUnit.SECONDS), () -> "lost a message: " + seen);
            edge.drainPermits(); // edges that are on their way together arrive as one
            int bits = status.pending();
            if (bits != 0) {
                status.acknowledge(bits);
                seen.set(used.get());
            }
        }
        device.join();
    }
}
