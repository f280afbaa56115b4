package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.script.ScriptGuest.CommandResult;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The host's end, with a fake agent on a thread of the test's. */
@Timeout(60)
class AgentLinkTest {
    private final AgentLink link = new AgentLink(true);
    private final AtomicReference<String> asked = new AtomicReference<>("");
    private Optional<Thread> guest = Optional.empty();

    @AfterEach
    void end() throws InterruptedException {
        link.end();
        if (guest.isPresent()) {
            guest.get().join();
        }
    }

    private void guest(Runnable doing) {
        guest = Optional.of(new Thread(doing, "guest"));
        guest.get().start();
    }

    private void frame(char kind, byte... payload) {
        link.take(kind);
        link.take(payload.length & 0xff);
        link.take(payload.length >> 8);
        for (byte b : payload) {
            link.take(b & 0xff);
        }
    }

    private void frame(char kind, String payload) {
        frame(kind, payload.getBytes(StandardCharsets.UTF_8));
    }

    private int receive() {
        while (link.waiting() == 0) {
            Thread.onSpinWait();
        }
        return link.next();
    }

    /** What the agent does until it has a command. */
    private void begin() {
        frame('H', "1");
        assertEquals('A', receive());
        int length = receive() | receive() << 8 | receive() << 16 | receive() << 24;
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) receive();
        }
        asked.set(new String(text, StandardCharsets.UTF_8));
    }

    private CommandResult run(String command) throws InterruptedException {
        return run(command, 20_000);
    }

    private CommandResult run(String command, long millis) throws InterruptedException {
        return link.run(
                command,
                System.nanoTime() + millis * 1_000_000,
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void aCommandHasOutputErrorsAndStatus() throws InterruptedException {
        guest(
                () -> {
                    begin();
                    frame('O', "Gr\u00fc");
                    frame('E', "oops\n");
                    frame('O', "\u00dfe\n");
                    frame('S', (byte) 200);
                });
        assertEquals(new CommandResult(200, "Gr\u00fc\u00dfe\n", "oops\n"), run("uname -r"));
        assertEquals("uname -r", asked.get());
    }

    @Test
    void anAgentHearsWhatToBeBeforeAnybodyRunsACommand() {
        assertEquals(1, link.waiting());
        assertEquals('A', link.next());
        link.restart();
        assertEquals('A', link.next());
        assertEquals('B', new AgentLink(false).next());
    }

    @Test
    void aTwinsAgentIsWhereTheFirstOnesIs() throws InterruptedException {
        guest(
                () -> {
                    begin();
                    frame('S', (byte) 0);
                });
        run("first");
        AgentLink twin = link.twin();
        link.restart();
        // Nobody says hello over there: that was done before.
        Thread other =
                new Thread(
                        () -> {
                            try {
                                assertEquals(8, twin.awaitForGuest().length);
                                assertEquals(0, twin.waiting());
                                List.of(0x53, 1, 0, 7).forEach(twin::take);
                                twin.end();
                                assertEquals(0, twin.awaitForGuest().length);
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                        });
        other.start();
        long end = System.nanoTime() + 20_000_000_000L;
        CommandResult result = twin.run("next", end, Optional.empty(), Optional.empty());
        other.join();
        assertEquals(7, result.status());
        assertEquals('A', link.next());
    }

    @Test
    void muchOutputIsReadAsItComes() throws InterruptedException {
        guest(
                () -> {
                    begin();
                    for (int i = 0; i < 100; i++) {
                        frame('O', new byte[4000]);
                    }
                    frame('S', (byte) 0);
                });
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long end = System.nanoTime() + 20_000_000_000L;
        CommandResult result = link.run("x", end, Optional.of(out), Optional.empty());
        assertEquals(400_000, out.size());
        assertEquals("", result.out());
    }

    @Test
    void nonsenseIsTold() {
        guest(
                () -> {
                    begin();
                    frame('X', "what");
                });
        StepException e = assertThrows(StepException.class, () -> run("x"));
        assertEquals("the guest's agent talks nonsense", e.getMessage());
    }

    @Test
    void aGuestThatEndsOrSaysNothingIsNotWaitedFor() {
        StepException late = assertThrows(StepException.class, () -> run("x", 50));
        assertEquals("the guest's agent did not answer", late.getMessage());
        guest(
                () -> {
                    begin();
                    link.end();
                });
        StepException gone = assertThrows(StepException.class, () -> run("x"));
        assertEquals("the command did not end, the guest did", gone.getMessage());
        StepException next = assertThrows(StepException.class, () -> run("x"));
        assertTrue(next.getMessage().contains("has not ended"), next.getMessage());
    }

    @Test
    void aGuestThatStartsAnewHasLostItsCommand() {
        guest(
                () -> {
                    begin();
                    frame('H', "1");
                });
        StepException e = assertThrows(StepException.class, () -> run("x"));
        assertEquals("the guest started anew meanwhile", e.getMessage());
    }

    @Test
    void whoWritesToNobodyIsNotHeldUp() {
        for (int i = 0; i < 1 << 20; i++) {
            link.take(1);
        }
        assertThrows(StepException.class, () -> run("y".repeat(70_000)));
    }
}
