package dev.hosta.device.legacy;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;

import java.nio.ByteBuffer;

/**
 * Arbitrary accesses to all legacy devices. In a build it replays the corpus beside it ({@code
 * LegacyFuzzTestInputs}); with {@code JAZZER_FUZZ=1} it looks for new inputs by coverage.
 */
@Tag("fuzz")
class LegacyFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void registers(byte[] script) {
        new LegacyBoard().run(ByteBuffer.wrap(script));
    }
}
