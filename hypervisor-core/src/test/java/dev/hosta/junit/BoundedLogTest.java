package dev.hosta.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

class BoundedLogTest {
    private static final int KEPT = BoundedLog.KEPT_BYTES;

    private final BoundedLog log = new BoundedLog();

    private String kept() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        log.writeTo(out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static String lines(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(String.format("%07d%n", i));
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 4096, 700_000, 3_000_000})
    void allIsKeptUpToABoundAndThenBothEnds(int portion) throws IOException {
        assertTrue(log.isEmpty());
        byte[] all = lines(4 * KEPT / 8).getBytes(StandardCharsets.ISO_8859_1);
        String text = new String(all, StandardCharsets.ISO_8859_1);
        int written = 0;
        while (written < 2 * KEPT) {
            int length = Math.min(portion, 2 * KEPT - written);
            log.write(all, written, length);
            written += length;
        }
        assertEquals(text.substring(0, 2 * KEPT), kept());
        while (written < all.length) {
            int length = Math.min(portion, all.length - written);
            log.write(all, written, length);
            written += length;
        }
        String gap = "\n[... " + 2 * KEPT + " bytes ...]\n";
        assertEquals(text.substring(0, KEPT) + gap + text.substring(3 * KEPT), kept());
    }
}
