package dev.hosta.device.virtio.rng;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;

import dev.hosta.device.virtio.HostileScript;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Arbitrary registers and rings of a source of random bytes. In a build it replays the corpus
 * beside it ({@code RngFuzzTestInputs}); with {@code JAZZER_FUZZ=1} it looks for new inputs by
 * coverage.
 */
@Tag("fuzz")
class RngFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void ringsAndRegisters(byte[] script) {
        run(script);
    }

    private static RngScript run(byte[] script) {
        RngScript walk = new RngScript();
        walk.run(ByteBuffer.wrap(script));
        assertTrue(walk.counters().bytes() <= walk.allowedBytes(), "more than the rate");
        return walk;
    }

    @Test
    void aHundredThousandArbitraryStepsKeepTheRate() {
        byte[] script = new byte[100_000 * HostileScript.STEP_BYTES];
        new Random(1).nextBytes(script);
        RngCounters counters = run(script).counters();
        boolean all =
                counters.requests() > 50 && counters.throttled() > 50 && counters.malformed() > 50;
        assertTrue(all, "the walk missed something: " + counters);
    }
}
