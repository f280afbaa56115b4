package dev.hosta.device.virtio.block;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;

import java.nio.ByteBuffer;

/**
 * Arbitrary registers, rings and requests of a disk. In a build it replays the corpus beside it
 * ({@code BlockFuzzTestInputs}); with {@code JAZZER_FUZZ=1} it looks for new inputs by coverage.
 */
@Tag("fuzz")
class BlockFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void ringsAndRegisters(byte[] script) {
        new BlockScript().run(ByteBuffer.wrap(script));
    }
}
