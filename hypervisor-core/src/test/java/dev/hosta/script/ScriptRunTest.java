package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.machine.MachineOutcome;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;

/** Steps against a guest that does as the test says. */
@Timeout(60)
class ScriptRunTest {
    private static final Place HERE = new Place("here");

    private final FakeGuest guest = new FakeGuest();

    /** Answers commands from a list, and writes down what was done to it. */
    private static final class FakeGuest implements ScriptGuest {
        private final ConsoleText text = new ConsoleText();
        private final List<String> done = new ArrayList<>();
        private final Queue<CommandResult> answers = new ArrayDeque<>();
        private Optional<MachineOutcome> outcome = Optional.empty();
        private Optional<FakeGuest> twin = Optional.empty();

        @Override
        public ConsoleText console() {
            return text;
        }

        @Override
        public void send(byte[] bytes, long endNanos) {
            done.add("send " + new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public Optional<MachineOutcome> outcome() {
            return outcome;
        }

        @Override
        public Optional<MachineOutcome> awaitEnd(long endNanos) {
            return outcome;
        }

        @Override
        public long activity() {
            return 0;
        }

        @Override
        public void pause() {
            done.add("pause");
        }

        @Override
        public void unpause() {
            throw new StepException("no");
        }

        @Override
        public void pressPowerButton() {
            done.add("power");
        }

        @Override
        public void stop() {
            done.add("stop");
        }

        @Override
        public void snapshot(Path folder, long endNanos) {
            done.add("snapshot " + folder);
        }

        @Override
        public void suspend(Path folder, long endNanos) {
            done.add("suspend " + folder);
        }

        @Override
        public ScriptGuest resume(Path folder, long endNanos) {
            done.add("resume " + folder);
            return this;
        }

        @Override
        public ScriptGuest fork(long endNanos) {
            done.add("fork");
            return twin.orElseThrow(() -> new StepException("no fork"));
        }

        @Override
        public ScriptGuest migrate(long endNanos) {
            done.add("migrate");
            return twin.orElseThrow();
        }

        @Override
        public CommandResult run(String command, long endNanos) {
            done.add(command);
            return answers.remove();
        }

        @Override
        public int exec(String command, long endNanos) {
            return run(command, endNanos).status();
        }
    }

    private static Step step(Step.Action action) {
        return new Step(HERE, action, Duration.ofSeconds(1));
    }

    private static Step.Action word(Step.Word word) {
        return new Step.Plain(word);
    }

    private ScriptResult run(List<Step> last, Step.Action... actions) throws InterruptedException {
        List<Step> steps = new ArrayList<>();
        for (Step.Action action : actions) {
            steps.add(step(action));
        }
        Script script = new Script(Optional.empty(), steps, last);
        return new ScriptRun("test", script, guest, result -> {}).run();
    }

    private static Template text(String text) {
        return new Template(text);
    }

    @Test
    void whatIsCapturedIsTextForTheStepsBehind() throws InterruptedException {
        "ip 10.0.0.1 (eth0)\n10x0x0x1 10.0.0.1\n".chars().forEach(guest.text::write);
        guest.answers.add(new ScriptGuest.CommandResult(0, "6.1\n", ""));
        ScriptResult result =
                run(
                        List.of(),
                        new Step.Expect(text("ip (?<ip>[0-9.]+)")),
                        new Step.Expect(text("^\\S+ ${ip}$")),
                        new Step.Run(text("uname ${ip}"), 0, Optional.of("kernel")),
                        new Step.Assert(text("${kernel}"), text("6\\.\\d")),
                        new Step.Send(text("$${ip} ${ip}\\n")));
        assertEquals(Optional.empty(), result.failed());
        assertEquals(List.of("uname 10.0.0.1", "send ${ip} 10.0.0.1\n"), guest.done);
    }

    @Test
    void theFirstFailureEndsTheStepsButNotTheLastOnes() throws InterruptedException {
        ScriptResult result =
                run(
                        List.of(step(word(Step.Word.UNPAUSE)), step(word(Step.Word.STOP))),
                        word(Step.Word.PAUSE),
                        word(Step.Word.UNPAUSE),
                        word(Step.Word.POWER_BUTTON));
        assertEquals(List.of("pause", "stop"), guest.done);
        assertEquals(2, result.failed().orElseThrow().number());
        assertEquals("here: Step 2, unpause: no.", result.failed().orElseThrow().line());
        assertEquals(4, result.steps().size());
        assertEquals(5, result.planned());
    }

    @Test
    void aCommandsStatusEndsTheStepsAndIsTheScripts() throws InterruptedException {
        guest.answers.add(new ScriptGuest.CommandResult(0, "", ""));
        guest.answers.add(new ScriptGuest.CommandResult(3, "", ""));
        ScriptResult result =
                run(
                        List.of(),
                        new Step.Exec(text("a")),
                        new Step.Exec(text("b")),
                        new Step.Exec(text("c")));
        assertEquals(List.of("a", "b"), guest.done);
        assertEquals(OptionalInt.of(3), result.status());
        assertTrue(result.isCommandsStatus());
    }

    @Test
    void aFileIsLookedForUntilItIsThere() throws InterruptedException {
        guest.answers.add(new ScriptGuest.CommandResult(1, "", ""));
        guest.answers.add(new ScriptGuest.CommandResult(0, "", ""));
        assertEquals(Optional.empty(), run(List.of(), new Step.WaitForFile(text("/a'b"))).failed());
        assertEquals(List.of("test -e '/a'\\''b'", "test -e '/a'\\''b'"), guest.done);
    }

    @Test
    void aCommandThatFailsSaysWhy() throws InterruptedException {
        guest.answers.add(new ScriptGuest.CommandResult(5, "out", "first\nno such thing\n"));
        ScriptResult result = run(List.of(), new Step.Run(text("x"), 0, Optional.empty()));
        assertEquals(
                "status 5, expected 0; it said: no such thing",
                result.failed().orElseThrow().failure().orElseThrow());
    }

    @Test
    void theGuestsEndIsToldInItsWay() throws InterruptedException {
        guest.outcome = Optional.of(new MachineOutcome.Exited(7));
        guest.text.end();
        Step.Action right = new Step.WaitForEnd(OptionalInt.of(7));
        assertEquals(Optional.empty(), run(List.of(), right).failed());
        ScriptResult other = run(List.of(), new Step.WaitForEnd(OptionalInt.of(0)));
        assertEquals(
                "the guest ended with status 7",
                other.failed().orElseThrow().failure().orElseThrow());
        ScriptResult shown = run(List.of(), new Step.Expect(text("never")));
        assertEquals(
                "the guest ended with status 7 and had not shown that",
                shown.failed().orElseThrow().failure().orElseThrow());
    }

    @Test
    void aForkTakesItsOwnStepsAndEnds() throws InterruptedException {
        FakeGuest twin = new FakeGuest();
        guest.twin = Optional.of(twin);
        "n=5\n".chars().forEach(guest.text::write);
        "twin 5\n".chars().forEach(twin.text::write);
        ScriptResult result =
                run(
                        List.of(),
                        new Step.Expect(text("n=(?<n>\\d)")),
                        new Step.Fork(
                                List.of(
                                        step(new Step.Expect(text("(?<who>\\w+) ${n}"))),
                                        step(word(Step.Word.PAUSE)))),
                        new Step.Send(text("${who}")));
        assertEquals(Optional.empty(), result.failed());
        assertEquals(List.of("fork", "send twin"), guest.done);
        assertEquals(List.of("pause", "stop"), twin.done);
        assertEquals(5, result.planned());
        assertEquals(
                List.of("expect", "fork", "expect", "pause", "send"),
                result.steps().stream().map(s -> s.step().action().name()).toList());
    }

    @Test
    void aFailureInAForkEndsAllAndShowsItsScreen() throws InterruptedException {
        FakeGuest twin = new FakeGuest();
        guest.twin = Optional.of(twin);
        "first\n".chars().forEach(guest.text::write);
        "second\n".chars().forEach(twin.text::write);
        ScriptResult result =
                run(
                        List.of(step(word(Step.Word.STOP))),
                        new Step.Fork(List.of(step(word(Step.Word.UNPAUSE)))),
                        new Step.Send(text("x")));
        assertEquals(2, result.failed().orElseThrow().number());
        assertEquals("second", result.screen());
        assertEquals(List.of("fork", "stop"), guest.done);
        assertEquals(List.of("stop"), twin.done);
        guest.twin = Optional.empty();
        guest.done.clear();
        Step.Action fork = new Step.Fork(List.of(step(word(Step.Word.PAUSE))));
        assertEquals("no fork", run(List.of(), fork).failed().orElseThrow().failure().orElse(""));
        assertEquals(List.of("fork"), guest.done);
    }

    @Test
    void theScriptGoesOnWhereTheGuestWent() throws InterruptedException {
        FakeGuest there = new FakeGuest();
        guest.twin = Optional.of(there);
        List<Step> last = List.of(step(word(Step.Word.STOP)));
        ScriptResult result = run(last, word(Step.Word.MIGRATE), new Step.Send(text("x")));
        assertEquals(Optional.empty(), result.failed());
        assertEquals(List.of("migrate"), guest.done);
        assertEquals(List.of("send x", "stop"), there.done);
    }
}
