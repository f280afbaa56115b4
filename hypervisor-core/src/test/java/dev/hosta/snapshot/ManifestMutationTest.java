package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Manifests near a good one, with the right digest: read, or refused as saved forms are. */
final class ManifestMutationTest {
    private static final String[] SCRAPS = {
        "null", "-1", "99999999999999999999", "[]", "{}", "\"\"", "true", "1e9", ",", "}", "]", "\\"
    };

    /** What stands before the digest. */
    static byte[] body() throws IOException {
        byte[] whole = file();
        String text = new String(whole, StandardCharsets.UTF_8);
        return text.substring(0, text.lastIndexOf(",\"sha256\"")).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] file() throws IOException {
        try (InputStream in =
                ManifestMutationTest.class.getResourceAsStream("/state/manifest-v1.json")) {
            return in.readAllBytes();
        }
    }

    @Test
    void aManifestOfAnEarlierBuildIsReadAndWrittenWithNewerStates() throws IOException {
        Manifest manifest = ManifestFile.read(Path.of("manifest.json"), file());
        String newer =
                new String(body(), StandardCharsets.UTF_8)
                        .replace(
                                "\"legacy.acpi-power\",\"version\":1",
                                "\"legacy.acpi-power\",\"version\":2")
                        .replace(
                                "\"timerNanos\":707097538",
                                "\"timerNanos\":707097538,\"eventStatus\":0,\"eventEnable\":0");
        assertArrayEquals(
                ManifestFile.signed(newer.getBytes(StandardCharsets.UTF_8)),
                ManifestFile.bytes(manifest));
    }

    @Test
    void whatIsNearAGoodOneIsReadOrRefused() throws IOException {
        byte[] body = body();
        Random random = new Random(11);
        int read = 0;
        for (int i = 0; i < 600; i++) {
            read += ManifestFuzzTest.attempt(ManifestFile.signed(changed(body, random))) ? 1 : 0;
        }
        assertTrue(read > 0 && read < 600, "read=" + read);
    }

    private static byte[] changed(byte[] body, Random random) {
        byte[] bytes = body.clone();
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 2 -> {
                bytes[at] = (byte) ('0' + random.nextInt(10));
                yield bytes;
            }
            default -> {
                String text = new String(bytes, StandardCharsets.ISO_8859_1);
                String scrap = SCRAPS[random.nextInt(SCRAPS.length)];
                int colon = Math.max(text.indexOf(':', at), 0);
                int end = Math.min(bytes.length, colon + 1 + random.nextInt(4));
                yield (text.substring(0, colon + 1) + scrap + text.substring(end))
                        .getBytes(StandardCharsets.ISO_8859_1);
            }
        };
    }
}
