package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.KvmClock;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What kvmclock shows after an hour in a folder. */
@RequiresKvm
@Timeout(120)
final class ClockChoiceTest {
    private static final long HOUR = Duration.ofHours(1).toNanos();
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    @TempDir Path folder;
    private Path form;
    private KvmClock saved;

    @BeforeEach
    void save() throws IOException {
        form = folder.resolve("form");
        try (TestGuest guest = new TestGuest(TestGuest.spec("echo", "", 1, 32L << 20))) {
            guest.machine.start();
            guest.await("echo ready");
            SavedForm.write(guest.machine, form, SaveOptions.SUSPEND, SaveProgress.NONE);
        }
        saved = SavedForm.read(form).state().platform().clock();
        assertTrue(saved.hasRealtime());
        change(
                "\"realtimeNanos\":" + saved.realtimeNanos(),
                "\"realtimeNanos\":" + (saved.realtimeNanos() - HOUR));
    }

    private void change(String from, String to) throws IOException {
        Path manifest = form.resolve(ManifestFile.NAME);
        String text = Files.readString(manifest);
        assertTrue(text.contains(from), from);
        String body = text.substring(0, text.lastIndexOf(",\"sha256\"")).replace(from, to);
        Files.write(manifest, ManifestFile.signed(body.getBytes(StandardCharsets.UTF_8)));
    }

    private TestGuest resumed(ClockChoice clock) {
        RestoreOptions options = new RestoreOptions(false, false, clock);
        return new TestGuest(
                console -> SavedForm.read(form).restore(Overrides.NONE, console, options));
    }

    private long passed(ClockChoice clock) {
        try (TestGuest guest = resumed(clock)) {
            long nanos = guest.machine.exportState().platform().clock().nanos() - saved.nanos();
            guest.machine.resume();
            guest.send("hi\004");
            assertEquals(0, guest.status());
            return nanos;
        }
    }

    @Test
    void standsStillUnlessItIsToShowTheTime() {
        long stopped = passed(ClockChoice.STOPPED);
        assertTrue(stopped >= 0 && stopped < MINUTE, "stopped=" + stopped);
        long host = passed(ClockChoice.HOST);
        assertTrue(host >= HOUR && host < HOUR + MINUTE, "host=" + host);
    }

    @Test
    void whereNobodySaidWhenItWasSavedTheTimeIsNotKnown() throws IOException {
        change("\"flags\":" + saved.flags() + ",\"realtime", "\"flags\":0,\"realtime");
        passed(ClockChoice.STOPPED);
        SavedFormException refused =
                assertThrows(
                        SavedFormException.Incompatible.class, () -> resumed(ClockChoice.HOST));
        assertTrue(refused.getMessage().contains("--clock"), refused.getMessage());
    }

    @Test
    void aHostWhoseClockIsBehindSetsNothingBack() throws IOException {
        String now = "\"realtimeNanos\":" + (saved.realtimeNanos() - HOUR);
        change(now, "\"realtimeNanos\":" + (saved.realtimeNanos() + HOUR));
        long host = passed(ClockChoice.HOST);
        assertTrue(host >= 0 && host < MINUTE, "host=" + host);
    }
}
