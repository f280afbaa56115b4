package dev.hosta.machine;

import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;

/**
 * A machine's description as the tokens of JSON, whatever it is written in.
 *
 * <p>Threading: one thread.
 */
public interface SpecTokens {
    /**
     * Goes to the next token.
     *
     * @return null behind the last one
     */
    JsonToken next() throws IOException;

    /** The token that it stands at. */
    JsonToken current();

    /** The key, where that is the token; else the one whose value this is. */
    String name() throws IOException;

    /** The text of a string. */
    String text() throws IOException;

    /** Whether the token is a whole number that {@link #integer} can give. */
    boolean isInteger() throws IOException;

    /** The number. */
    int integer() throws IOException;

    /** The token's line in its file, from 1. */
    int line();

    /** Its column, from 1. */
    int column();
}
