package dev.hosta.junit;

import dev.hosta.script.Escapes;
import dev.hosta.script.Step;
import dev.hosta.script.StepException;

import org.opentest4j.AssertionFailedError;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A guest's serial console.
 *
 * <p>What it shows is UTF-8 text; bytes that are none read as U+FFFD. A guest that writes faster
 * than is looked at waits while somebody looks; while nobody does, the last 64 KiB are kept to be
 * looked at.
 *
 * <p>Threading: one thread at a time.
 */
public final class GuestConsole {
    private final GuestRun run;

    GuestConsole(GuestRun run) {
        this.run = run;
    }

    /** As {@link #expect(String, Duration)}, within the time that the test's annotation says. */
    public MatchResult expect(String regex) {
        return expect(regex, run.patience());
    }

    /**
     * Waits until the guest has shown something, behind what was found last.
     *
     * @param regex of a part of the text, in which {@code ^} and {@code $} are a line's ends. A
     *     match at the end of what there is, which more text could change, such as of {@code \d+},
     *     is taken after 50 ms of silence
     * @return what was found, with its captures
     * @throws AssertionFailedError where it is not seen in time, the guest ends before, or it is no
     *     regex
     */
    public MatchResult expect(String regex, Duration within) {
        String what = "expect '" + Escapes.show(regex) + "'";
        try {
            Pattern pattern = Step.compile(regex);
            Optional<MatchResult> found = run.text().await(pattern, endOf(within));
            return found.orElseThrow(() -> Failures.of(run, what, unseen(within)));
        } catch (StepException e) {
            throw Failures.of(run, what, e);
        } catch (InterruptedException e) {
            throw Failures.interrupted(what, e);
        }
    }

    private String unseen(Duration within) {
        return run.ending()
                .map(end -> "the guest " + end.text() + " and had not shown that")
                .orElse("not seen within " + text(within));
    }

    /** A time as people write it. */
    static String text(Duration time) {
        long millis = time.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    /** Nanoseconds of {@link System#nanoTime} at which a time from now on is over. */
    static long endOf(Duration within) {
        return System.nanoTime() + within.toNanos();
    }

    /**
     * Types; waits for room.
     *
     * @throws AssertionFailedError where the guest takes no more in the time that the test's
     *     annotation says, or has ended
     */
    public void send(String text) {
        String what = "send '" + Escapes.show(text) + "'";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long endNanos = endOf(run.patience());
        int sent = 0;
        try {
            while (sent < bytes.length) {
                long before = run.rooms();
                int from = sent;
                Optional<GuestRun.Ending> ending = run.ending();
                if (ending.isPresent()) {
                    throw Failures.of(run, what, "the guest " + ending.get().text());
                }
                int count =
                        run.asked(
                                what, vm -> vm.offerConsoleInput(bytes, from, bytes.length - from));
                sent += count;
                if (count == 0 && !run.awaitRoom(before, endNanos)) {
                    throw Failures.of(run, what, "the guest does not take what is typed");
                }
            }
        } catch (InterruptedException e) {
            throw Failures.interrupted(what, e);
        }
    }

    /** The last 24 lines that the guest wrote, without control characters. */
    public String screen() {
        return run.text().screen();
    }
}
