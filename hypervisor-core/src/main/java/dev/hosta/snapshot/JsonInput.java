package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;

import java.io.IOException;

/**
 * JSON as a stream of tokens, as far as states need it: names, texts, whole numbers.
 *
 * <p>Threading: one thread.
 */
public interface JsonInput {
    /**
     * Goes to the next token.
     *
     * @return null at the end
     * @throws InvalidStateException where there is no JSON
     */
    JsonToken next() throws IOException;

    /** Where it stands; null before the first token and at the end. */
    JsonToken current();

    /** The name that the value belongs to, or that it stands at. */
    String name() throws IOException;

    /** The text that it stands at. */
    String text() throws IOException;

    /**
     * The whole number that it stands at.
     *
     * @throws InvalidStateException where it has more than 64 bits
     */
    long number() throws IOException;

    /** What a parser reads. */
    static JsonInput of(JsonParser json) {
        return new JsonInput() {
            @Override
            public JsonToken next() throws IOException {
                return json.nextToken();
            }

            @Override
            public JsonToken current() {
                return json.currentToken();
            }

            @Override
            public String name() throws IOException {
                return json.currentName();
            }

            @Override
            public String text() throws IOException {
                return json.getText();
            }

            @Override
            public long number() throws IOException {
                return json.getLongValue();
            }
        };
    }
}
