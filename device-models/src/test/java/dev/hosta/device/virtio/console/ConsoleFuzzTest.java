package dev.hosta.device.virtio.console;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;

import java.nio.ByteBuffer;

/**
 * Arbitrary registers, rings and control messages of a console. In a build it replays the corpus
 * beside it ({@code ConsoleFuzzTestInputs}); with {@code JAZZER_FUZZ=1} it looks for new inputs by
 * coverage.
 */
@Tag("fuzz")
class ConsoleFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void ringsAndRegisters(byte[] script) {
        new ConsoleScript().run(ByteBuffer.wrap(script));
    }
}
