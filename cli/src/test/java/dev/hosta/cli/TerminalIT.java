package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.linux.PidFile;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * {@code bin/hosta run} on a real terminal, which {@code script} of util-linux gives: a shell notes
 * the terminal's settings, runs a guest, and compares.
 */
@RequiresKvm
@Timeout(120)
class TerminalIT {
    private static final String SHELL =
            "before=$(stty -g); \"$HOSTA\" $LINE; echo \"status=$?\";"
                    + " [ \"$(stty -g)\" = \"$before\" ] && echo restored || echo left-raw";

    @TempDir Path folder;
    private Process script;
    private InputStream screen;
    private OutputStream keyboard;
    private final StringBuilder seen = new StringBuilder();

    private void start(String guest) throws IOException {
        launch("run --name tty " + guest);
    }

    private void launch(String line) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder("script", "-qec", SHELL, "/dev/null").redirectErrorStream(true);
        builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
        builder.environment().put("HOSTA", Launched.LAUNCHER.toString());
        builder.environment().put("LINE", line);
        builder.environment().put("SHELL", "/bin/sh");
        script = builder.start();
        screen = script.getInputStream();
        keyboard = script.getOutputStream();
    }

    @AfterEach
    void end() {
        script.descendants().forEach(ProcessHandle::destroyForcibly);
        script.destroyForcibly();
    }

    /** Reads the screen until it shows the text. */
    private void await(String text) throws IOException {
        while (seen.indexOf(text) < 0) {
            int b = screen.read();
            assertTrue(b >= 0, "The screen ended before '" + text + "': " + seen);
            seen.append((char) b);
        }
    }

    private void type(String text) throws IOException {
        keyboard.write(text.getBytes(StandardCharsets.ISO_8859_1));
        keyboard.flush();
    }

    private void awaitEnd(int status) throws IOException {
        await("status=");
        await("\n");
        await("restored");
        assertTrue(seen.indexOf("status=" + status) >= 0, seen.toString());
    }

    private ProcessHandle vmm() {
        int pid = PidFile.holder(folder.resolve("home/vms/tty/lock")).orElseThrow();
        return ProcessHandle.of(pid).orElseThrow();
    }

    @Test
    void isPutBackAtTheGuestsEnd() throws IOException {
        start("status 3");
        awaitEnd(3);
    }

    @Test
    void isPutBackAfterACrashOfTheGuest() throws IOException {
        start("crash");
        awaitEnd(126);
        assertTrue(seen.indexOf("walk of rip") >= 0, seen.toString());
    }

    @Test
    void isPutBackWhereTheGuestCannotRun() throws IOException {
        start("--console file:/nowhere/log hello");
        awaitEnd(125);
    }

    @Test
    void controlKeysGoToTheGuestAndEscapesDoNot() throws IOException {
        start("echo");
        await("echo ready");
        type("\u0003\u001aok\u001d?");
        await("ok");
        await("Ctrl-] x ends the guest");
        type("\u001d\u001dmore");
        await("\u001dmore");
        type("\u001dx");
        awaitEnd(0);
    }

    @Test
    void aConsoleAttachesTypesAndDetaches() throws IOException {
        Launched run =
                Launched.hosta(
                        folder, "run", "-d", "--wait-for", "echo ready", "--name", "tty", "echo");
        assertEquals(0, run.status(), run.err());
        ProcessHandle vmm = vmm();
        try {
            launch("console tty");
            await("echo ready");
            type("\u0003ok\u001d?");
            await("ok");
            await("Ctrl-] d detaches");
            type("\u001d\u001dmore");
            await("\u001dmore");
            type("\u001dd");
            awaitEnd(0);
            assertTrue(vmm.isAlive(), "only the console was left");
            seen.setLength(0);
            launch("console tty");
            await("\u001dmore");
            type("\u0004");
            await("echo: ");
            awaitEnd(0);
        } finally {
            vmm.destroyForcibly();
        }
    }

    @Test
    void isPutBackAfterAVirtioConsoleOnIt() throws IOException {
        start("--hvc stdio echo");
        // The guest says nothing there; once it can be looked at, keys are read.
        awaitReachable();
        type("\u001d?");
        await("Ctrl-] x ends the guest");
        type("\u001dx");
        awaitEnd(0);
    }

    private void awaitReachable() {
        for (int i = 0; Launched.hosta(folder, "inspect", "tty").status() != 0; i++) {
            assertTrue(i < 100, "no VM can be reached");
        }
    }

    @Test
    void theEscapeWorksWhileTheGuestTakesNothing() throws IOException {
        start("spin");
        await("spin: ");
        type("x".repeat(3000));
        type("\u001dx");
        awaitEnd(0);
    }

    @Test
    void isPutBackAfterATimeLimit() throws IOException {
        start("--timeout 1s spin");
        awaitEnd(124);
    }

    @Test
    void isPutBackAfterASignal() throws IOException {
        start("spin");
        await("spin: ");
        assertTrue(vmm().destroy());
        awaitEnd(143);
        assertFalse(folder.resolve("home/vms/tty").toFile().exists());
    }

    @Test
    void isPutBackAfterAKill() throws IOException {
        start("spin");
        await("spin: ");
        assertTrue(vmm().destroyForcibly());
        awaitEnd(137);
    }

    @Test
    void theLauncherPassesASignalOn() throws IOException {
        start("spin");
        await("spin: ");
        ProcessHandle launcher = vmm().parent().orElseThrow();
        assertTrue(launcher.destroy());
        awaitEnd(143);
        assertFalse(folder.resolve("home/vms/tty").toFile().exists());
    }
}
