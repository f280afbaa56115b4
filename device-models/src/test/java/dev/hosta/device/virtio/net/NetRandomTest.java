package dev.hosta.device.virtio.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.Random;

/** Hundreds of thousands of arbitrary steps, the same ones in every run. */
class NetRandomTest {
    private static final int STEPS = 100_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noDriverThrowsOrHandsTheHostNonsense(long seed) {
        byte[] script = new byte[STEPS * NetScript.STEP_BYTES];
        new Random(seed).nextBytes(script);
        NetScript walk = new NetScript();
        walk.run(ByteBuffer.wrap(script));
        NetCounters counters = walk.counters();
        boolean all =
                counters.rxFrames() > 50
                        && counters.rxFiltered() > 5
                        && counters.rxDropped() > 50
                        && counters.txFrames() > 50
                        && counters.txDropped() > 50
                        && counters.malformed() > 50
                        && walk.resumes() > 50;
        assertTrue(all, "the walk missed something: " + counters + ", " + walk.resumes());
    }
}
