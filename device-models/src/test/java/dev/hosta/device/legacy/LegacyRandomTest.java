package dev.hosta.device.legacy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.Random;

/** Hundreds of thousands of arbitrary accesses, the same ones in every run. */
class LegacyRandomTest {
    private static final int STEPS = 100_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noAccessThrowsOrLeavesAnImpossibleState(long seed) {
        byte[] script = new byte[STEPS * 12];
        new Random(seed).nextBytes(script);
        LegacyBoard board = new LegacyBoard();
        board.run(ByteBuffer.wrap(script));
        assertTrue(board.requests() > 100, "the walk missed the ports that ask for something");
    }
}
