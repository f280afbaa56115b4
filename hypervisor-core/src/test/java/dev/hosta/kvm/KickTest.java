package dev.hosta.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.linux.ThreadKick;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A guest that never exits is got out of KVM_RUN, each time. */
@RequiresKvm
class KickTest {
    private static final int TIMES = 200;

    private final Semaphore interrupted = new Semaphore(0);
    private final CompletableFuture<ThreadKick> kick = new CompletableFuture<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private void spin() {
        try (MicroGuest guest = new MicroGuest(0xeb, 0xfe); // jmp $
                ThreadKick own = ThreadKick.ofCurrentThread()) {
            guest.vcpu.setSignalMask(own.maskInsideRun());
            kick.complete(own);
            for (int i = 0; i < TIMES; i++) {
                RunResult result = guest.vcpu.run();
                assertEquals(RunResult.INTERRUPTED, result);
                assertEquals(1, own.drain());
                interrupted.release();
            }
            guest.vcpu.clearSignalMask();
        } catch (RuntimeException | AssertionError e) {
            failure.set(e);
            kick.completeExceptionally(e);
            interrupted.release(TIMES);
        }
    }

    @Test
    void everyKickInterruptsASpinningGuestOnce() throws Exception {
        Thread vcpuThread = Thread.ofPlatform().daemon().start(this::spin);
        ThreadKick kicker = kick.get(30, TimeUnit.SECONDS);
        for (int i = 0; i < TIMES; i++) {
            kicker.kick();
            assertTrue(interrupted.tryAcquire(30, TimeUnit.SECONDS), "Kick " + i + " was lost");
        }
        vcpuThread.join(30_000);
        assertEquals(null, failure.get());
        assertEquals(false, vcpuThread.isAlive());
        kicker.kick(); // closed: nothing happens, to nobody
    }

    @Test
    void aKickBeforeTheRunIsNotLost() {
        try (MicroGuest guest = new MicroGuest(0xeb, 0xfe); // jmp $
                ThreadKick own = ThreadKick.ofCurrentThread()) {
            guest.vcpu.setSignalMask(own.maskInsideRun());
            own.kick();
            own.kick();
            assertEquals(RunResult.INTERRUPTED, guest.vcpu.run());
            assertEquals(2, own.drain());
            assertEquals(0, own.drain());
            guest.vcpu.clearSignalMask();
        }
    }
}
