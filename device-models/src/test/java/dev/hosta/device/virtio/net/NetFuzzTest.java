package dev.hosta.device.virtio.net;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;

import java.nio.ByteBuffer;

/**
 * Arbitrary registers, rings, frames and commands of a network card. In a build it replays the
 * corpus beside it ({@code NetFuzzTestInputs}); with {@code JAZZER_FUZZ=1} it looks for new inputs
 * by coverage.
 */
@Tag("fuzz")
class NetFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void ringsAndRegisters(byte[] script) {
        new NetScript().run(ByteBuffer.wrap(script));
    }
}
