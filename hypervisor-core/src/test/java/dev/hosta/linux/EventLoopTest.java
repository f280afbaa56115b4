package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

class EventLoopTest {
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    @Test
    void callsBackOnItsOwnThreadForEachRing() throws Exception {
        BlockingQueue<String> rings = new LinkedBlockingQueue<>();
        try (EventFd bell = EventFd.create();
                EventLoop loop = EventLoop.start("loop-test", (t, e) -> failures.add(e))) {
            loop.add(
                    bell.fd(),
                    EventLoop.READABLE,
                    events -> rings.add(Thread.currentThread().getName() + bell.drain()));
            for (int i = 0; i < 100; i++) {
                bell.signal();
                assertEquals("loop-test1", rings.poll(30, TimeUnit.SECONDS));
            }
            loop.remove(bell.fd());
            bell.signal();
            CountDownLatch passed = new CountDownLatch(1);
            loop.execute(passed::countDown);
            assertTrue(passed.await(30, TimeUnit.SECONDS));
            assertTrue(rings.isEmpty());
            assertEquals(1, bell.drain());
            assertEquals(0, bell.drain());
        }
        assertTrue(failures.isEmpty());
    }

    @Test
    void aFailingCallbackIsReportedAndTheLoopGoesOn() throws Exception {
        try (EventLoop loop = EventLoop.start("loop-test", (t, e) -> failures.add(e))) {
            loop.execute(
                    () -> {
                        throw new IllegalStateException("broken");
                    });
            assertEquals("broken", failures.poll(30, TimeUnit.SECONDS).getMessage());
            CountDownLatch passed = new CountDownLatch(1);
            loop.execute(passed::countDown);
            assertTrue(passed.await(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void aDescriptorIsWatchedOnceAndAClosedLoopRefuses() {
        try (EventFd bell = EventFd.create()) {
            EventLoop loop = EventLoop.start("loop-test", (t, e) -> failures.add(e));
            loop.add(bell.fd(), EventLoop.READABLE, events -> {});
            assertThrows(
                    IllegalStateException.class,
                    () -> loop.add(bell.fd(), EventLoop.READABLE, events -> {}));
            loop.close();
            loop.close();
            assertThrows(IllegalStateException.class, () -> loop.execute(() -> {}));
        }
        assertFalse(
                Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(t -> t.getName().equals("loop-test")));
    }
}
