package dev.hosta.device.virtio.block;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.Random;

/** Hundreds of thousands of arbitrary steps, the same ones in every run. */
class BlockRandomTest {
    private static final int STEPS = 100_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noDriverThrowsOrLeavesAnImpossibleState(long seed) {
        byte[] script = new byte[STEPS * BlockScript.STEP_BYTES];
        new Random(seed).nextBytes(script);
        BlockScript walk = new BlockScript();
        walk.run(ByteBuffer.wrap(script));
        BlockCounters counters = walk.counters();
        boolean all =
                counters.reads() > 50
                        && counters.writes() > 50
                        && counters.discards() > 50
                        && counters.errors() > 50
                        && counters.malformed() > 50;
        assertTrue(all, "the walk missed something: " + counters);
    }
}
