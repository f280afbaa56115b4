package dev.hosta.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.script.ScriptGuest.CommandResult;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A stock Linux, booted once: src-test-images/lane/junit-test.sh, or anywhere that has the two
 * files.
 */
@Tag("kvm")
@Timeout(400)
@ExtendWith(LinuxGuestTest.Given.class)
@GuestTest(
        kernel = "${linux.kernel}",
        initrd = "${linux.initrd}",
        append = "console=ttyS0 quiet nokaslr",
        memory = "256M",
        timeout = "120s")
@WarmGuest(until = LinuxGuestTest.PROMPT)
class LinuxGuestTest {
    /** Whether there is a kernel to boot. */
    static final class Given implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return context.getConfigurationParameter("linux.kernel").isPresent()
                    ? ConditionEvaluationResult.enabled("there is a kernel")
                    : ConditionEvaluationResult.disabled("no linux.kernel is given");
        }
    }

    static final String PROMPT = "guest# ";

    /** What a line typed at the shell prints. */
    private static String told(Guest guest, String command) {
        guest.console().send(command + "; echo told\r");
        guest.console().expect("echo told\r?\n");
        return guest.console().expect("(?s)(.*?)told\r?\nguest# ").group(1).replace("\r", "");
    }

    @WarmUp
    static void mark(Guest guest) {
        assertEquals("", told(guest, "echo warm > /marker"));
    }

    @RepeatedTest(3)
    void noTestSeesWhatAnotherWrote(Guest guest) {
        long begin = System.nanoTime();
        assertEquals("warm\n", told(guest, "cat /marker"));
        System.out.println("a fork's answer, ms: " + (System.nanoTime() - begin) / 1_000_000);
        assertEquals("", told(guest, "echo mine > /marker"));
        assertEquals("mine\n", told(guest.fork(), "cat /marker"));
    }

    @Test
    void itGoesOnElsewhere(Guest guest) {
        assertEquals("", told(guest, "echo away > /marker"));
        guest.suspend();
        guest.resume();
        assertEquals("away\n", told(guest, "cat /marker"));
        guest.migrate();
        assertEquals("away\n", told(guest, "cat /marker"));
    }

    @GuestTest(agent = AgentMode.AS_INIT)
    void commandsHaveOutputErrorsAndStatusUntilItPanics(Guest guest) {
        CommandResult result = guest.exec("uname -s; echo oops >&2; exit 3");
        assertEquals(new CommandResult(3, "Linux\n", "oops\n"), result);
        AssertionError e =
                assertThrows(
                        AssertionError.class, () -> guest.exec("echo c > /proc/sysrq-trigger"));
        String line = e.getMessage().lines().findFirst().orElse("");
        assertTrue(line.contains("crashed (kernel panic: sysrq triggered crash)"), line);
    }
}
