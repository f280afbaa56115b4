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
        agent = AgentMode.AS_INIT,
        timeout = "120s")
@WarmGuest
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

    @WarmUp
    static void boot(Guest guest) {
        assertEquals(0, guest.exec("echo warm > /marker").status());
    }

    @Test
    void commandsHaveOutputErrorsAndStatus(Guest guest) {
        CommandResult result = guest.exec("uname -s; echo oops >&2; exit 3");
        assertEquals(new CommandResult(3, "Linux\n", "oops\n"), result);
    }

    @RepeatedTest(3)
    void noTestSeesWhatAnotherWrote(Guest guest) {
        long begin = System.nanoTime();
        assertEquals("warm\n", guest.exec("cat /marker; echo mine > /marker").out());
        System.out.printf("a fork's first command: %d ms%n", (System.nanoTime() - begin) / 1000000);
        assertEquals("mine\n", guest.fork().exec("cat /marker").out());
    }

    @Test
    void itGoesOnElsewhere(Guest guest) {
        assertEquals(0, guest.exec("echo away > /marker").status());
        guest.suspend();
        guest.resume();
        assertEquals("away\n", guest.exec("cat /marker").out());
        guest.migrate();
        assertEquals("away\n", guest.exec("cat /marker").out());
    }

    @Test
    void aPanicIsTold(Guest guest) {
        AssertionError e =
                assertThrows(
                        AssertionError.class, () -> guest.exec("echo c > /proc/sysrq-trigger"));
        String line = e.getMessage().lines().findFirst().orElse("");
        assertTrue(line.contains("crashed (kernel panic: sysrq triggered crash)"), line);
    }
}
