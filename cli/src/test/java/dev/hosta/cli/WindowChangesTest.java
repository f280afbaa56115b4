package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The real signal, sent to this process. */
@Timeout(60)
class WindowChangesTest {
    @Test
    void eachSignalIsHeard() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        assertTrue(WindowChanges.onEach(heard::countDown));
        String pid = Long.toString(ProcessHandle.current().pid());
        assertEquals(0, new ProcessBuilder("kill", "-WINCH", pid).start().waitFor());
        assertTrue(heard.await(30, TimeUnit.SECONDS));
    }
}
