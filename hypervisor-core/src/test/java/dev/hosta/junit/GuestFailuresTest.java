package dev.hosta.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What tests fail with: one line, in time, and with nothing left behind. */
@Tag("kvm")
@Timeout(180)
class GuestFailuresTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String BUILT = "../src-test-images/built/";

    /** What goes wrong before a guest runs. */
    @GuestTest(kernel = BUILT + "echo.elf", memory = "32M", timeout = "500ms")
    static final class Unmade {
        @GuestTest(kernel = "no/such/kernel")
        void kernel(Guest guest) {
            fail("made " + guest.name());
        }

        @GuestTest(initrd = "no/such/initrd")
        void initrd(Guest guest) {
            fail("made " + guest.name());
        }

        @GuestTest(memory = "much")
        void memory(Guest guest) {
            fail("made " + guest.name());
        }

        @GuestTest(cpus = 1000)
        void cpus(Guest guest) {
            fail("made " + guest.name());
        }

        @GuestTest(append = "${no.such.thing}")
        void parameter(Guest guest) {
            fail("made " + guest.name());
        }

        @GuestTest(config = "no/such.json")
        void config(Guest guest) {
            fail("made " + guest.name());
        }
    }

    /** What goes wrong with a guest that runs. */
    @GuestTest(kernel = BUILT + "echo.elf", memory = "32M", timeout = "500ms")
    static final class Wrong {
        @Test
        void regex(Guest guest) {
            guest.console().expect("(");
        }

        @Test
        void unseen(Guest guest) {
            guest.console().expect("echo \\w+", LONG);
            guest.console().expect("never");
        }

        @GuestTest(kernel = BUILT + "status.elf", append = "5", timeout = "60s")
        void over(Guest guest) {
            guest.console().expect("never");
        }

        @GuestTest(kernel = BUILT + "crash.elf", append = "panic", timeout = "20s")
        void panic(Guest guest) {
            guest.console().expect("never");
        }

        @GuestTest(kernel = BUILT + "command.elf", agent = AgentMode.AS_INIT, timeout = "3s")
        void flood(Guest guest) {
            guest.exec("flood", LONG);
            guest.console().expect("never");
        }

        @GuestTest(kernel = BUILT + "command.elf", agent = AgentMode.AS_INIT, timeout = "20s")
        void nonsense(Guest guest) {
            guest.exec("nonsense");
        }

        @GuestTest(kernel = BUILT + "command.elf", agent = AgentMode.AS_INIT, timeout = "500ms")
        void hang(Guest guest) {
            guest.exec("echo it answers", LONG);
            guest.exec("hang");
        }

        @Test
        void agent(Guest guest) {
            guest.exec("true");
        }

        @Test
        void lives(Guest guest) {
            guest.end();
        }

        @Test
        void nowhere(Guest guest) {
            guest.migrateTo("127.0.0.1:1");
        }

        @Test
        void open(Guest guest) {
            guest.migrateTo("192.0.2.1:9");
        }
    }

    /** A guest for a whole class. */
    @GuestTest(kernel = BUILT + "echo.elf", memory = "32M")
    static final class Shared {
        @BeforeAll
        static void all(Guest guest) {
            fail("made " + guest.name());
        }

        @Test
        void one() {}
    }

    /** A warm guest that does not come up. */
    @GuestTest(kernel = BUILT + "echo.elf", memory = "32M", timeout = "500ms")
    @WarmGuest(until = "never")
    static final class Cold {
        @Test
        void one(Guest guest) {
            fail("made " + guest.name());
        }

        @Test
        void two(Guest guest) {
            fail("made " + guest.name());
        }
    }

    /** Two methods that warm up. */
    @GuestTest(kernel = BUILT + "echo.elf", memory = "32M", timeout = "500ms")
    @WarmGuest
    static final class TooWarm {
        @WarmUp
        static void one(Guest guest) {}

        @WarmUp
        static void two(Guest guest) {}

        @Test
        void test(Guest guest) {
            fail("made " + guest.name());
        }
    }

    private static void assertLine(Map<String, String> failures, String test, String line) {
        String first = failures.getOrDefault(test, "passed").lines().findFirst().orElse("");
        assertTrue(first.matches(line), test + ": " + first);
    }

    @Test
    void aGuestThatCannotBeMadeIsOneLine() {
        Map<String, String> failures = Inner.run(Unmade.class).failures();
        failures.values().forEach(text -> assertEquals(1, text.lines().count(), text));
        assertLine(failures, "kernel", "Cannot .* no/such/kernel: .*no such file.*");
        assertLine(failures, "initrd", "Cannot .* no/such/initrd: .*no such file.*");
        assertLine(failures, "memory", "A size is a whole number .*: 'much'\\.");
        assertLine(failures, "cpus", "Number of vCPUs must be 1 to 255: cpus=1000\\.");
        assertLine(failures, "parameter", "There is no parameter 'no\\.such\\.thing', .*");
        assertLine(failures, "config", "Cannot read no/such.json: no such file\\.");
        assertEquals(6, failures.size());
    }

    @Test
    void aGuestThatDoesWrongIsOneLineAndItsConsole() {
        Inner.Result result = Inner.run(Wrong.class);
        Map<String, String> failures = result.failures();
        assertLine(failures, "regex", "expect '\\(': this is no regular expression: .*");
        assertLine(failures, "unseen", "expect 'never': not seen within 500ms");
        assertTrue(failures.get("unseen").endsWith("console:\necho ready"), failures.get("unseen"));
        String over = "expect 'never': the guest ended with status 5 and had not shown that";
        assertLine(failures, "over", over);
        assertLine(
                failures, "panic", "expect 'never': the guest crashed \\(kernel panic: .*\\) .*");
        assertLine(failures, "flood", "expect 'never': not seen within 3s");
        assertLine(failures, "nonsense", "exec 'nonsense': the guest's agent talks nonsense");
        assertLine(failures, "hang", "exec 'hang': the command did not end");
        assertLine(failures, "agent", "exec 'true': the guest has no agent; give .*");
        assertLine(failures, "lives", "end: the guest still runs after 500ms");
        assertLine(failures, "nowhere", "migrate to 127.0.0.1:1: Cannot reach .*");
        assertLine(failures, "open", "migrate to 192.0.2.1:9: A migration would not be .*");
        assertEquals(11, failures.size());
        String log = result.files().get("over");
        assertTrue(log.matches("(?s)\\[ +0\\.\\d{6}] status: 5\n"), log);
        assertTrue(result.files().get("flood").length() < 3 * BoundedLog.KEPT_BYTES);
    }

    @Test
    void aGuestIsOfOneTest() {
        Map<String, String> failures = Inner.run(Shared.class).failures();
        assertEquals(1, failures.size());
        String said = failures.values().iterator().next();
        assertTrue(said.startsWith("A Guest belongs to one test: "), said);
    }

    @Test
    void aWarmGuestThatDoesNotComeUpFailsOnceForAll() {
        Map<String, String> failures = Inner.run(Cold.class).failures();
        String line = "The warm guest did not come up: expect 'never': not seen within 500ms";
        assertLine(failures, "one", line);
        assertLine(failures, "two", line);
        assertLine(
                Inner.run(TooWarm.class).failures(),
                "test",
                "The warm guest did not come up: A class has one method with @WarmUp, .*");
    }

    @Test
    void nothingIsLeftBehind() throws InterruptedException {
        Inner.run(WarmGuestTest.class);
        List<String> before = Inner.threads();
        long files = Inner.openFiles();
        Inner.run(Wrong.class);
        Inner.run(Unmade.class);
        Inner.run(Cold.class);
        Inner.run(GuestExtensionTest.class);
        assertEquals(before, Inner.threads());
        assertEquals(List.of(), Inner.folders());
        assertTrue(Inner.openFiles() <= files + 4, "before " + files + ", " + Inner.openFiles());
    }

    @Test
    void whereKvmIsAbsentTestsAreSkippedOrFail() {
        var skipped = KvmPresence.verdict("Cannot open /dev/kvm: no.", false);
        assertEquals("Cannot open /dev/kvm: no.", skipped.getReason().orElseThrow());
        assertTrue(skipped.isDisabled());
        AssertionError e =
                assertThrows(AssertionError.class, () -> KvmPresence.verdict("No.", true));
        assertEquals("HOSTA_REQUIRE_KVM=1, but: No.", e.getMessage());
    }
}
