package dev.hosta.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

class PanicSignTest {
    private final PanicSign sign = new PanicSign();

    /** How many panics the text ends. */
    private int ends(String text) {
        int ends = 0;
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            ends += sign.take(b & 0xff) ? 1 : 0;
        }
        return ends;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[    3.5] Kernel panic - not syncing: Fatal exception\r\n"
                        + "[    3.6] ---[ end Kernel panic - not syncing: Fatal exception ]---\r\n",
                "Kernel panic - not syncing: Fatal exception\n"
                        + "---[ end Kernel panic - not syncing: Fatal exception ]---\n",
                "[    3.5][    T1] Kernel panic - not syncing: Fatal exception\n"
                        + "[    3.6][    T1] Call Trace:\n\n"
                        + "[    3.7][    T1] Rebooting in 10 seconds..\n",
                "Loading...[    3.5] Kernel panic - not syncing: Fatal exception\n"
                        + "Rebooting in 1 seconds..\n"
            })
    void twoLinesOfTheKernelsMakeAPanic(String text) {
        assertEquals(1, ends(text));
        assertEquals(Optional.of("Fatal exception"), sign.cause());
        assertEquals(0, ends(text), "only once");
    }

    @Test
    void theCauseIsKnownBeforeTheTraceIsThere() {
        assertEquals(0, ends("[ 1.0] Kernel panic - not syncing: VFS: no root\r\n[ 1.0] CPU: 0"));
        assertEquals(Optional.of("VFS: no root"), sign.cause());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "the words Kernel panic - not syncing: are talked of\n"
                        + "---[ end Kernel panic - not syncing: x ]---\n",
                "Rebooting in 5 seconds..\n",
                "---[ end Kernel panic - not syncing: x ]---\n",
                "Kernel panic - not sync\ning: x\n---[ end Kernel panic - not syncing: x ]---\n"
            })
    void otherTextIsNone(String text) {
        assertEquals(0, ends(text));
        assertEquals(Optional.empty(), sign.cause());
    }

    @Test
    void longLinesAndStrangeBytesAreHarmless() {
        assertEquals(0, ends("x".repeat(100_000)));
        assertEquals(0, ends("\u00ff\u0000\n"));
        assertEquals(0, ends("Kernel panic - not syncing: \u001b[31m" + "y".repeat(1000) + "\n"));
        assertEquals("[31m" + "y".repeat(223), sign.cause().orElseThrow());
        assertEquals(1, ends("Rebooting in 5 seconds..\n"));
    }
}
