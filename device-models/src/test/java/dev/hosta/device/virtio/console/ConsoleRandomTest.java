package dev.hosta.device.virtio.console;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.virtio.HostileScript;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.Random;

/** Hundreds of thousands of arbitrary steps, the same ones in every run. */
class ConsoleRandomTest {
    private static final int STEPS = 50_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noDriverThrowsOrLeavesAnImpossibleState(long seed) {
        byte[] script = new byte[STEPS * HostileScript.STEP_BYTES];
        new Random(seed).nextBytes(script);
        ConsoleScript walk = new ConsoleScript();
        walk.run(ByteBuffer.wrap(script));
        ConsoleCounters counters = walk.counters();
        boolean all =
                counters.toGuestBytes() > 500
                        && counters.fromGuestBytes() > 500
                        && counters.droppedBytes() > 500
                        && counters.controls() > 20
                        && counters.ignoredControls() > 50
                        && counters.malformed() > 50;
        assertTrue(all, "the walk missed something: " + counters);
    }
}
