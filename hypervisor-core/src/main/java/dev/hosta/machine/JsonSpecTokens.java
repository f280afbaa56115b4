package dev.hosta.machine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;

/**
 * The tokens of a JSON file.
 *
 * <p>Threading: one thread.
 */
final class JsonSpecTokens implements SpecTokens {
    private final JsonParser json;

    JsonSpecTokens(JsonParser json) {
        this.json = json;
    }

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
    public boolean isInteger() throws IOException {
        return json.currentToken() == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() == JsonParser.NumberType.INT;
    }

    @Override
    public int integer() throws IOException {
        return json.getIntValue();
    }

    @Override
    public int line() {
        return json.currentTokenLocation().getLineNr();
    }

    @Override
    public int column() {
        return json.currentTokenLocation().getColumnNr();
    }
}
