package dev.hosta.migration;

import com.code_intelligence.jazzer.junit.FuzzTest;

import dev.hosta.snapshot.StateCodecBytesTest;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Coverage-guided search for a frame that is neither read nor refused properly: {@code mvn -Pfuzz
 * verify}. The first byte chooses the type; sums do not stand in the way.
 */
@Tag("fuzz")
class FrameFuzzTest {
    static Stream<Arguments> seeds() throws IOException {
        byte[] state = Message.write(new Message.State(1, true, StateCodecBytesTest.example()));
        return Stream.of(
                        seed(FrameType.STATE, state),
                        seed(FrameType.ROUND, new Message.Round(1, 2, List.of(3L))),
                        seed(
                                FrameType.HELLO,
                                new Message.Hello(List.of(1), List.of(), "id", Optional.of("0"))),
                        seed(FrameType.GO, new Message.Token("0123456789abcdef")))
                .map(Arguments::of);
    }

    private static byte[] seed(FrameType type, Record message) {
        return seed(type, Message.write(message));
    }

    private static byte[] seed(FrameType type, byte[] payload) {
        return ByteBuffer.allocate(payload.length + 1)
                .put((byte) type.ordinal())
                .put(payload)
                .array();
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "60s")
    void onlyMigrationExceptionsComeOut(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        FrameType[] types = FrameType.values();
        byte[] payload = Arrays.copyOfRange(bytes, 1, bytes.length);
        FrameMutationTest.attempt(types[(bytes[0] & 0xff) % types.length], payload);
        if (payload.length >= FrameHeader.BYTES) {
            try {
                FrameHeader.read(ByteBuffer.wrap(payload), 0);
            } catch (MigrationException e) {
                return;
            }
        }
    }
}
