package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that is killed while it saves, at random points: what it saved before is whole, or what
 * it was saving is. {@code -Dhosta.kills=200} for as many points.
 */
@RequiresKvm
@Timeout(1800)
final class KilledSaveTest {
    private static final int KILLS = Integer.getInteger("hosta.kills", 4);
    private static final long MOST_DELAY_MICROS = 400_000;

    @TempDir Path folder;

    @Test
    void aWholeFormIsThereAfterEachKill() throws IOException, InterruptedException {
        Random random = new Random(9);
        Map<String, Integer> outcomes = new TreeMap<>();
        Path form = folder.resolve("form");
        for (int kill = 0; kill < KILLS; kill++) {
            String last = saveAndKill(form, kill % 2 == 1, random.nextLong(MOST_DELAY_MICROS));
            String found = SavedForm.read(form).id();
            String outcome =
                    (found.equals(last) ? "the earlier one whole" : "the new one whole")
                            + (names().size() > 1 ? ", leftovers to sweep" : ", no leftovers");
            outcomes.merge(outcome, 1, Integer::sum);
            goesOn(form);
        }
        outcomes.forEach((what, count) -> System.out.printf("%4d %s%n", count, what));
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            SavedForm.write(guest.machine, form, SaveOptions.SNAPSHOT, SaveProgress.NONE);
        }
        assertEquals(List.of("form"), names());
    }

    /** The id of the last form that was complete when the process was killed, as far as it said. */
    private static String saveAndKill(Path form, boolean suspends, long delayMicros)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(SavingChild.class.getName(), form.toString()));
        if (suspends) {
            command.add("suspend");
        }
        Process child =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = child.inputReader()) {
            String last = said.readLine();
            assertNotNull(last, "The process did not save");
            assertFalse(child.waitFor(delayMicros, TimeUnit.MICROSECONDS));
            // Unlike the process, its handle leaves what it said to be read.
            child.toHandle().destroyForcibly();
            child.waitFor();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                last = line;
            }
            return last;
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(p -> p.getFileName().toString()).toList();
        }
    }

    private static void goesOn(Path form) {
        try (TestGuest guest =
                new TestGuest(
                        console ->
                                SavedForm.read(form)
                                        .restore(
                                                Overrides.NONE, console, RestoreOptions.CHECKED))) {
            guest.machine.start();
            guest.await("tick ");
            guest.send("q");
            assertEquals(0, guest.status(), guest.said());
            assertTrue(guest.said().contains("dirty: ok"), guest.said());
        }
    }
}
