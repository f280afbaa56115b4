package dev.hosta.script;

import dev.hosta.machine.MachineOutcome;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Takes the steps of a script, one after the other.
 *
 * <p>Threading: one thread, which {@link Thread#interrupt} stops between and within steps.
 */
public final class ScriptRun {
    private static final int PROBE_MILLIS = 100;
    private static final long LOOK_NANOS = 20_000_000;

    private final String name;
    private final Script script;
    private final Consumer<StepResult> listener;
    private final Map<String, String> captured = new TreeMap<>();
    private final List<StepResult> results = new ArrayList<>();
    private OptionalInt status = OptionalInt.empty();
    private Optional<String> screen = Optional.empty();
    private volatile ScriptGuest guest;

    /**
     * Nothing is done yet.
     *
     * @param name of the script, for reports
     * @param guest whom it talks to
     * @param listener is told of each step when it is over
     */
    public ScriptRun(String name, Script script, ScriptGuest guest, Consumer<StepResult> listener) {
        this.name = name;
        this.script = script;
        this.guest = guest;
        this.listener = listener;
        captured.putAll(script.known());
    }

    /** Takes the steps up to the first that fails, then those that are always the last. */
    public ScriptResult run() throws InterruptedException {
        takeAll(script.steps());
        for (Step step : script.last()) {
            take(step);
        }
        String last = screen.orElseGet(() -> guest.console().screen());
        return new ScriptResult(name, results, script.count(), last, status);
    }

    /**
     * The guest as it is now: another than in the beginning once it has gone elsewhere. Any thread.
     */
    public ScriptGuest guest() {
        return guest;
    }

    private boolean takeAll(List<Step> steps) throws InterruptedException {
        for (Step step : steps) {
            if (!take(step)) {
                return false;
            }
        }
        return true;
    }

    private boolean take(Step step) throws InterruptedException {
        return step.action() instanceof Step.Fork fork ? inFork(step, fork) : takeOne(step);
    }

    /** The fork itself is one step, over once the second guest runs. */
    private boolean inFork(Step step, Step.Fork fork) throws InterruptedException {
        ScriptGuest first = guest;
        if (!takeOne(step)) {
            return false;
        }
        try {
            return takeAll(fork.steps());
        } finally {
            guest.stop();
            guest = first;
        }
    }

    private boolean takeOne(Step step) throws InterruptedException {
        long begin = System.nanoTime();
        Optional<String> failure = Optional.empty();
        try {
            act(step, begin + step.timeout().toNanos());
        } catch (StepException e) {
            failure = Optional.of(e.getMessage());
            if (screen.isEmpty()) {
                screen = Optional.of(guest.console().screen());
            }
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        StepResult result = new StepResult(step, results.size() + 1, took, failure);
        results.add(result);
        listener.accept(result);
        return result.passed();
    }

    private void act(Step step, long endNanos) throws InterruptedException {
        switch (step.action()) {
            case Step.Expect expect -> expect(expect.pattern(captured), step, endNanos);
            case Step.Send send ->
                    guest.send(
                            Escapes.read(send.text().with(captured))
                                    .getBytes(StandardCharsets.UTF_8),
                            endNanos);
            case Step.WaitForPort wait -> awaitPort(wait.port(), step, endNanos);
            case Step.WaitForFile wait -> awaitFile(wait.path().with(captured), step, endNanos);
            case Step.WaitForEnd wait -> awaitEnd(wait.status(), step, endNanos);
            case Step.SleepUntilIdle idle -> awaitIdle(idle.quiet(), step, endNanos);
            case Step.Plain plain -> act(plain.word(), endNanos);
            case Step.Save save -> act(save, endNanos);
            case Step.Fork fork -> guest = guest.fork(endNanos);
            case Step.Run run -> run(run, endNanos);
            case Step.Exec exec -> exec(exec, endNanos);
            case Step.Assert claim -> check(claim);
        }
    }

    private void act(Step.Word word, long endNanos) throws InterruptedException {
        switch (word) {
            case PAUSE -> guest.pause();
            case UNPAUSE -> guest.unpause();
            case POWER_BUTTON -> guest.pressPowerButton();
            case MIGRATE -> guest = guest.migrate(endNanos);
            case STOP -> guest.stop();
        }
    }

    private void act(Step.Save save, long endNanos) throws InterruptedException {
        switch (save.saving()) {
            case SNAPSHOT -> guest.snapshot(save.folder(), endNanos);
            case SUSPEND -> guest.suspend(save.folder(), endNanos);
            case RESUME -> guest = guest.resume(save.folder(), endNanos);
        }
    }

    private void expect(Pattern pattern, Step step, long endNanos) throws InterruptedException {
        Optional<MatchResult> found = guest.console().await(pattern, endNanos);
        if (found.isEmpty()) {
            throw new StepException(
                    guest.outcome().isPresent()
                            ? "the guest " + ending() + " and had not shown that"
                            : "not seen within " + seconds(step.timeout()));
        }
        MatchResult match = found.get();
        match.namedGroups()
                .forEach(
                        (group, index) -> {
                            String text = match.group(index);
                            captured.put(group, text == null ? "" : text);
                        });
    }

    /** How the guest ended, behind its name. */
    private String ending() {
        return guest.outcome().map(ScriptRun::describe).orElse("ended");
    }

    /** How a guest ended, as part of a sentence. */
    public static String describe(MachineOutcome outcome) {
        return switch (outcome) {
            case MachineOutcome.PoweredOff off -> "powered off";
            case MachineOutcome.Exited exited -> "ended with status " + exited.status();
            case MachineOutcome.ResetRequested reset -> "reset itself";
            case MachineOutcome.Crashed crashed -> "crashed (" + crashed.reason() + ")";
            case MachineOutcome.Stopped stopped -> "was ended from outside";
        };
    }

    private void awaitPort(int port, Step step, long endNanos) throws InterruptedException {
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        PROBE_MILLIS);
                return;
            } catch (IOException e) {
                long next = System.nanoTime() + PROBE_MILLIS * 1_000_000L;
                if (guest.awaitEnd(next - endNanos < 0 ? next : endNanos).isPresent()) {
                    throw new StepException(
                            "the guest " + ending() + ", and nothing took connections", e);
                }
                if (System.nanoTime() - endNanos >= 0) {
                    throw new StepException(
                            "nothing took connections within " + seconds(step.timeout()), e);
                }
            }
        }
    }

    private void awaitFile(String path, Step step, long endNanos) throws InterruptedException {
        String look = "test -e '" + path.replace("'", "'\\''") + "'";
        while (guest.run(look, endNanos).status() != 0) {
            long next = System.nanoTime() + PROBE_MILLIS * 1_000_000L;
            if (guest.awaitEnd(next - endNanos < 0 ? next : endNanos).isPresent()) {
                throw new StepException("the guest " + ending() + " and had no such file");
            }
            if (System.nanoTime() - endNanos >= 0) {
                throw new StepException("not there within " + seconds(step.timeout()));
            }
        }
    }

    private void awaitEnd(OptionalInt status, Step step, long endNanos)
            throws InterruptedException {
        MachineOutcome outcome =
                guest.awaitEnd(endNanos)
                        .orElseThrow(
                                () ->
                                        new StepException(
                                                "the guest still runs after "
                                                        + seconds(step.timeout())));
        OptionalInt own =
                switch (outcome) {
                    case MachineOutcome.PoweredOff off -> OptionalInt.of(0);
                    case MachineOutcome.Exited exited -> OptionalInt.of(exited.status());
                    case MachineOutcome other -> OptionalInt.empty();
                };
        boolean right = status.isEmpty() ? own.isPresent() : own.equals(status);
        if (!right) {
            throw new StepException("the guest " + describe(outcome));
        }
    }

    private void awaitIdle(Duration quiet, Step step, long endNanos) throws InterruptedException {
        long last = guest.activity();
        long since = System.nanoTime();
        while (System.nanoTime() - since < quiet.toNanos()) {
            if (guest.awaitEnd(System.nanoTime() + LOOK_NANOS).isPresent()) {
                throw new StepException("the guest " + ending());
            }
            long now = guest.activity();
            if (now != last) {
                last = now;
                since = System.nanoTime();
            }
            if (System.nanoTime() - endNanos >= 0) {
                throw new StepException("not idle within " + seconds(step.timeout()));
            }
        }
    }

    private void run(Step.Run run, long endNanos) throws InterruptedException {
        ScriptGuest.CommandResult result = guest.run(run.command().with(captured), endNanos);
        if (result.status() != run.status()) {
            String said = (result.err().isBlank() ? result.out() : result.err()).strip();
            String last = said.substring(said.lastIndexOf('\n') + 1);
            throw new StepException(
                    "status "
                            + result.status()
                            + ", expected "
                            + run.status()
                            + (last.isEmpty() ? "" : "; it said: " + Escapes.show(last)));
        }
        run.into().ifPresent(into -> captured.put(into, result.out().replaceFirst("\\R\\z", "")));
    }

    private void exec(Step.Exec exec, long endNanos) throws InterruptedException {
        int ended = guest.exec(exec.command().with(captured), endNanos);
        status = OptionalInt.of(ended);
        if (ended != 0) {
            throw new StepException("status " + ended);
        }
    }

    private void check(Step.Assert claim) {
        String text = claim.that().with(captured);
        if (!claim.pattern(captured).matcher(text).matches()) {
            throw new StepException("it is '" + Escapes.show(text) + "'");
        }
    }

    private static String seconds(Duration time) {
        long millis = time.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
