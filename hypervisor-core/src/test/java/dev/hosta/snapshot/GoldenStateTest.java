package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;

import dev.hosta.device.state.StateType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * States as earlier builds wrote them, {@code state/KIND-vN.json}: they are read, and written the
 * same. The files are only ever added to.
 */
final class GoldenStateTest {
    static Stream<StateType<?>> types() {
        return StateKinds.all().stream().map(StateKinds.Entry::type);
    }

    @ParameterizedTest
    @MethodSource("types")
    void whatWasWrittenOnceIsRead(StateType<?> type) throws IOException {
        String name = "/state/" + type.kind() + "-v" + type.version() + ".json";
        try (InputStream in = GoldenStateTest.class.getResourceAsStream(name)) {
            assertNotNull(in, name + " is missing: add what this build writes");
            String golden = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
            try (JsonParser json = new JsonFactory().createParser(golden)) {
                json.nextToken();
                assertEquals(golden, written(RecordCodec.read(json, type.type())));
            }
        }
    }

    private static String written(Record state) throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            RecordCodec.write(json, state);
        }
        return out.toString();
    }
}
