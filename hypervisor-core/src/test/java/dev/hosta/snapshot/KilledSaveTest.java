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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that is killed while it saves, at random points: what it saved before is whole, or what
 * it was saving is. {@code -Dhosta.kills=200} for as many points, as {@code
 * src-test-images/faults/kill-save.sh} has it.
 *
 * <p>Each process saves four guests at once, two by snapshots and two by suspending them, so that
 * one kill hits four saves. The guests are tiny, so that no part of a save is much longer than
 * another.
 */
@RequiresKvm
@Timeout(3000)
final class KilledSaveTest {
    private static final int SAVERS = 4;
    private static final int KILLS = Integer.getInteger("hosta.kills", 8);

    @TempDir Path folder;

    private final Map<String, Integer> outcomes = new TreeMap<>();

    @Test
    void aWholeFormIsThereAfterEachKill() throws IOException, InterruptedException {
        Random random = new Random(9);
        List<Path> forms = new ArrayList<>();
        for (int i = 0; i < SAVERS; i++) {
            forms.add(Files.createDirectory(folder.resolve("saver" + i)).resolve("form"));
        }
        for (int kills = 0; kills < KILLS; kills += SAVERS) {
            Map<Path, String> last = saveAndKill(forms, random);
            for (int i = 0; i < SAVERS; i++) {
                Path form = forms.get(i);
                count((i % 2 == 0 ? "snapshot" : "suspend "), form, last.get(form));
                goesOn(form);
            }
        }
        System.out.println("what      killed at                                  outcome");
        outcomes.forEach((what, count) -> System.out.printf("%s %4d%n", what, count));
        sweepsUp(forms.getFirst());
    }

    /** Ids of the last forms that were complete at the kill, as far as the process said. */
    private static Map<Path, String> saveAndKill(List<Path> forms, Random random)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(SavingChild.class.getName());
        forms.forEach(form -> command.add(form.toString()));
        Process child =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Map<Path, String> last = new HashMap<>();
        try (BufferedReader said = child.inputReader()) {
            // Each saves twice at least: so the point is in the midst of a save over another.
            Map<Path, Integer> times = new HashMap<>();
            long from = 0;
            while (times.size() < forms.size() || times.containsValue(1)) {
                String line = said.readLine();
                assertNotNull(line, "The process did not save");
                times.merge(heard(line, last), 1, Integer::sum);
                from = from == 0 ? System.nanoTime() : from;
            }
            long saveNanos = (System.nanoTime() - from) / 2;
            long delay = random.nextLong(1 + saveNanos);
            assertFalse(child.waitFor(delay, TimeUnit.NANOSECONDS));
            // Unlike the process, its handle leaves what it said to be read.
            child.toHandle().destroyForcibly();
            child.waitFor();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                heard(line, last);
            }
            return last;
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static Path heard(String line, Map<Path, String> last) {
        int blank = line.lastIndexOf(' ');
        Path form = Path.of(line.substring(0, blank));
        last.put(form, line.substring(blank + 1));
        return form;
    }

    private void count(String what, Path form, String last) throws IOException {
        String found = SavedForm.read(form).id();
        String at = point(form, last, found);
        String outcome = found.equals(last) ? "earlier form whole" : "new form whole";
        outcomes.merge(String.format("%s  %-42s %-20s", what, at, outcome), 1, Integer::sum);
    }

    /** Where in a save the kill came, by what it left beside the form. */
    private static String point(Path form, String last, String found) throws IOException {
        Optional<Path> left;
        try (Stream<Path> files = Files.list(form.getParent())) {
            left = files.filter(p -> !p.equals(form)).findFirst();
        }
        if (left.isEmpty()) {
            return found.equals(last) ? "the guest's run, before or between saves" : "the report";
        }
        Path manifest = left.get().resolve(ManifestFile.NAME);
        if (!found.equals(last)) {
            return Files.exists(manifest) ? "between exchange and sweeping" : "sweeping";
        }
        if (Files.exists(manifest)) {
            return "manifest, sync, before the exchange";
        }
        if (!Files.exists(left.get().resolve(MemoryFile.NAME))) {
            return "making the folder, or its sweeping";
        }
        return Files.exists(left.get().resolve(MemorySums.NAME))
                ? "sums"
                : "cut, or memory being written";
    }

    private void sweepsUp(Path form) throws IOException {
        try (TestGuest guest = new TestGuest("spin", "", 1)) {
            guest.machine.start();
            SavedForm.write(guest.machine, form, SaveOptions.SNAPSHOT, SaveProgress.NONE);
        }
        try (Stream<Path> files = Files.list(form.getParent())) {
            assertEquals(List.of(form), files.toList());
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
