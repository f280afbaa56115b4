package dev.hosta.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.machine.MachineOutcome;
import dev.hosta.migration.MigrationReport;
import dev.hosta.script.ScriptGuest.CommandResult;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.AssertionFailedError;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;

/** What a test does with its guests. */
@Tag("kvm")
@Timeout(60)
@GuestTest(kernel = "${guests}/echo.elf", memory = "32M", timeout = "20s")
class GuestExtensionTest {
    static {
        System.setProperty("guests", "../src-test-images/built");
    }

    private Optional<Guest> seen = Optional.empty();

    @BeforeEach
    void look(Guest guest) {
        seen = Optional.of(guest);
    }

    @Test
    void aTestTalksToItsGuest(Guest guest) {
        assertSame(seen.orElseThrow(), guest);
        guest.console().expect("echo ready$");
        guest.console().send("one 42 ");
        MatchResult found = guest.console().expect("(?<word>\\w+) (\\d+) ");
        assertEquals("one", found.group("word"));
        assertEquals("42", found.group(2));
        assertEquals(Optional.empty(), guest.outcome());
        guest.console().send("\4");
        assertEquals(0, guest.status());
        assertTrue(guest.console().screen().contains("8 bytes"), guest.console().screen());
    }

    @GuestTest(kernel = "${guests}/status.elf", append = "7")
    void aMethodSaysWhatIsAnother(Guest guest) {
        assertEquals(7, guest.status());
        assertEquals(new MachineOutcome.Exited(7), guest.end());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "b"})
    void twoParametersAreTwoGuests(String text, Guest one, Guest other) {
        assertNotEquals(one.name(), other.name());
        one.console().expect("echo ready");
        other.console().expect("echo ready");
        one.console().send(text + "1");
        other.console().send(text + "2");
        one.console().expect(text + "1");
        other.console().expect(text + "2");
    }

    @Test
    void aForkGoesOnByItself(Guest guest) {
        guest.console().expect("echo");
        guest.console().expect("ready\n");
        guest.console().send("unseen");
        guest.console().expect("^un");
        Guest fork = guest.fork();
        fork.console().expect("seen");
        fork.console().send("X");
        fork.console().expect("X");
        guest.console().expect("seen");
        guest.console().send("Y\4");
        assertEquals(0, guest.status());
        Guest child = fork.fork();
        child.console().send("Z\4");
        child.console().expect("Z");
        child.console().expect("echo: 9 bytes");
        assertEquals(0, child.status());
        assertEquals(Optional.empty(), fork.outcome());
    }

    @Test
    void aGuestIsPutAwayAndGoesOn(Guest guest, @TempDir Path folder) {
        guest.console().expect("echo ready");
        guest.suspend();
        assertThrows(AssertionFailedError.class, guest::pause);
        guest.resume();
        guest.console().send("again");
        guest.console().expect("again");
        guest.snapshot(folder.resolve("saved"));
        assertTrue(Files.exists(folder.resolve("saved/manifest.json")));
        guest.pause();
        AssertionFailedError e =
                assertThrows(
                        AssertionFailedError.class,
                        () -> guest.console().expect("later", Duration.ofMillis(50)));
        assertTrue(e.getMessage().startsWith("expect 'later': not seen within 50ms"));
        guest.unpause();
        guest.console().send("later");
        guest.console().expect("later");
        AssertionFailedError early = assertThrows(AssertionFailedError.class, guest::resume);
        assertTrue(early.getMessage().contains("is not suspended"), early.getMessage());
    }

    @GuestTest(kernel = "${guests}/dirty.elf", append = "50 8", memory = "64M")
    void aGuestMovesWhileItRuns(Guest guest) {
        guest.console().expect("rounds 1");
        for (int i = 0; i < 2; i++) {
            MigrationReport report = guest.migrate();
            assertTrue(report.sentBytes() > 0, report.toString());
            guest.console().expect("\ntick ");
        }
        guest.console().send("q");
        guest.console().expect("dirty: ok");
        assertEquals(0, guest.status());
    }

    @GuestTest(kernel = "${guests}/command.elf", agent = AgentMode.AS_INIT)
    void commandsRunInAGuest(Guest guest) {
        assertEquals(new CommandResult(0, "hello\n", ""), guest.exec("echo hello"));
        assertEquals(new CommandResult(3, "", "oops\n"), guest.exec("fail 3 oops"));
        assertEquals("A\n", guest.exec("mode").out());
        assertEquals("A\n", guest.fork().exec("mode").out());
        guest.suspend();
        guest.resume();
        assertEquals("there\n", guest.exec("echo there").out());
        guest.migrate();
        assertEquals("moved\n", guest.exec("echo moved").out());
    }

    @GuestTest(kernel = "${guests}/command.elf", agent = AgentMode.BESIDE_INIT)
    void whatIsNoTextIsShownAsSuch(Guest guest) {
        assertEquals("B\n", guest.exec("mode").out());
        guest.exec("bytes");
        guest.console().expect("\ufffd+\\(\ufffd+ well$");
    }

    @Test
    void aGuestIsStopped(Guest guest) {
        guest.stop();
        assertEquals(Optional.of(new MachineOutcome.Stopped()), guest.outcome());
        AssertionFailedError e = assertThrows(AssertionFailedError.class, guest::status);
        assertTrue(e.getMessage().startsWith("status: the guest was ended from outside"));
        AssertionFailedError sent =
                assertThrows(AssertionFailedError.class, () -> guest.console().send("x"));
        assertTrue(sent.getMessage().startsWith("send 'x': the guest was ended"));
    }
}
