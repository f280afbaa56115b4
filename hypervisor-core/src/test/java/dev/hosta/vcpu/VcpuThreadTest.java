package dev.hosta.vcpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hosta.device.bus.AddressSpace;
import dev.hosta.device.bus.BusDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

@Timeout(60)
class VcpuThreadTest {
    private final ScriptedCpu cpu = new ScriptedCpu();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final AtomicInteger portWrites = new AtomicInteger();
    private volatile Runnable onPortWrite = () -> {};
    private VcpuThread thread;

    private final class Listener implements VcpuListener {
        @Override
        public void crashed(int index, String reason, VirtualCpu crashed) {
            assertSame(cpu, crashed);
            heard.add("crashed " + index + " " + reason);
        }

        @Override
        public void guestShutdown(int index, boolean reset) {
            heard.add("shutdown " + index + " " + reset);
        }

        @Override
        public void hostFailed(int index, RuntimeException cause) {
            heard.add("failed " + index + " " + cause.getMessage());
        }
    }

    private ExitDispatcher dispatcher() {
        AddressSpace ports = new AddressSpace("port I/O");
        ports.claim(
                0x10,
                1,
                "counter",
                new BusDevice() {
                    @Override
                    public long read(long offset, int widthBytes) {
                        return 0;
                    }

                    @Override
                    public void write(long offset, int widthBytes, long value) {
                        portWrites.incrementAndGet();
                        onPortWrite.run();
                    }
                });
        return new ExitDispatcher(ports, new AddressSpace("MMIO"));
    }

    @BeforeEach
    void start() {
        thread =
                new VcpuThread(
                        3,
                        index -> {
                            cpu.owner = Thread.currentThread();
                            return cpu;
                        },
                        dispatcher(),
                        new Listener());
        thread.start();
        thread.awaitCreated();
    }

    @AfterEach
    void stop() {
        thread.stop();
        assertEquals("close", cpu.calls.getLast());
    }

    @Test
    void createsAndRunsTheVcpuOnItsOwnThread() {
        assertNotSame(Thread.currentThread(), cpu.owner);
        assertEquals(cpu.owner, thread.ask(c -> Thread.currentThread()));
    }

    @Test
    void doesNotEnterTheGuestBeforeItIsToldTo() {
        thread.ask(c -> null);
        assertEquals(List.of(), cpu.calls);
    }

    @Test
    void aPauseFinishesTheAccessThatWasUnderWay() {
        onPortWrite = () -> thread.pauseSoon().thenRun(() -> heard.add("paused"));
        cpu.exitWith(ScriptedCpu.out(0x10));
        thread.run();
        take("paused");
        assertEquals("settle unfinished", cpu.calls.getLast());
        assertEquals(1, portWrites.get());
    }

    @Test
    void aPausedGuestStaysOutUntilRun() {
        thread.run();
        thread.pauseSoon().join();
        int before = cpu.calls.size();
        thread.ask(c -> null);
        thread.pauseSoon().join();
        assertEquals(before, cpu.calls.size());
    }

    @Test
    void aQuestionWhileRunningIsAnsweredAndTheGuestRunsOn() {
        thread.run();
        for (int i = 0; i < 1000; i++) {
            Integer question = i;
            assertEquals(question, thread.ask(c -> question));
        }
        cpu.exitWith(new VcpuExit.Shutdown());
        take("crashed 3 triple fault");
    }

    @Test
    void aCrashedVcpuStillAnswers() {
        cpu.exitWith(new VcpuExit.Shutdown());
        thread.run();
        take("crashed 3 triple fault");
        assertEquals("here", thread.ask(c -> "here"));
    }

    @Test
    void aQuestionThatThrowsThrowsAtTheAsker() {
        IllegalStateException thrown =
                assertThrows(
                        IllegalStateException.class,
                        () ->
                                thread.ask(
                                        c -> {
                                            throw new IllegalStateException("no");
                                        }));
        assertEquals("no", thrown.getMessage());
        assertEquals("still here", thread.ask(c -> "still here"));
    }

    @Test
    void whatComesAfterTheEndIsRefusedNotLost() {
        thread.stop();
        assertThrows(IllegalStateException.class, () -> thread.ask(c -> 1));
        thread.pauseSoon().join();
        thread.stop();
    }

    @Test
    void aVcpuThatCannotBeCreatedSaysSo() {
        VcpuThread broken =
                new VcpuThread(
                        0,
                        index -> {
                            throw new IllegalStateException("no vcpu " + index);
                        },
                        dispatcher(),
                        new Listener());
        broken.start();
        assertEquals(
                "no vcpu 0",
                assertThrows(IllegalStateException.class, broken::awaitCreated).getMessage());
        broken.stop();
    }

    @Test
    void systemEventsReachTheListener() {
        cpu.exitWith(new VcpuExit.SystemEvent(2));
        thread.run();
        take("shutdown 3 true");
    }

    private void take(String expected) {
        try {
            assertEquals(expected, heard.poll(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
