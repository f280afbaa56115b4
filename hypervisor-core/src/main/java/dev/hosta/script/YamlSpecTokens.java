package dev.hosta.script;

import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.machine.SpecTokens;

import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A mapping of a YAML file as the tokens of JSON. A text without quotes that is a whole number,
 * {@code true} or {@code false} is that.
 *
 * <p>Threading: one thread.
 */
final class YamlSpecTokens implements SpecTokens {
    private static final Pattern INTEGER = Pattern.compile("-?\\d{1,9}");
    private static final int MOST_DEPTH = 8;
    private static final int MOST_TOKENS = 10_000;

    /** A token, and where it stands. */
    private record Token(JsonToken kind, String text, Node node) {}

    private final ScriptNodes nodes;
    private final UnaryOperator<String> change;
    private final List<Token> tokens = new ArrayList<>();
    private int depth;
    private int at = -1;

    /**
     * Stands before the first token.
     *
     * @param node for messages that are of no token
     * @param tuples of the object
     * @param change is done to each text first
     */
    YamlSpecTokens(
            ScriptNodes nodes, Node node, List<NodeTuple> tuples, UnaryOperator<String> change) {
        this.nodes = nodes;
        this.change = change;
        object(node, tuples);
    }

    private void object(Node node, List<NodeTuple> tuples) {
        add(JsonToken.START_OBJECT, "", node);
        for (NodeTuple tuple : tuples) {
            add(JsonToken.FIELD_NAME, nodes.text(tuple.getKeyNode(), "a key"), tuple.getKeyNode());
            value(tuple.getValueNode());
        }
        add(JsonToken.END_OBJECT, "", node);
    }

    private void value(Node node) {
        // Aliases can have a list hold itself.
        if (++depth > MOST_DEPTH) {
            throw nodes.wrong(node, "no machine is described that deep");
        }
        switch (node) {
            case MappingNode mapping -> object(mapping, mapping.getValue());
            case SequenceNode sequence -> {
                add(JsonToken.START_ARRAY, "", node);
                sequence.getValue().forEach(this::value);
                add(JsonToken.END_ARRAY, "", node);
            }
            case ScalarNode scalar -> {
                String text = change.apply(scalar.getValue());
                add(kind(scalar.getScalarStyle() == ScalarStyle.PLAIN, text), text, node);
            }
            default -> throw nodes.wrong(node, "this is no value of a machine's");
        }
        depth--;
    }

    private static JsonToken kind(boolean plain, String text) {
        if (plain && INTEGER.matcher(text).matches()) {
            return JsonToken.VALUE_NUMBER_INT;
        }
        return plain && text.equals("true")
                ? JsonToken.VALUE_TRUE
                : plain && text.equals("false") ? JsonToken.VALUE_FALSE : JsonToken.VALUE_STRING;
    }

    private void add(JsonToken kind, String text, Node node) {
        if (tokens.size() == MOST_TOKENS) {
            throw nodes.wrong(node, "no machine is that large");
        }
        tokens.add(new Token(kind, text, node));
    }

    private Token token() {
        return tokens.get(Math.clamp(at, 0, tokens.size() - 1));
    }

    @Override
    public JsonToken next() {
        at++;
        return at < tokens.size() ? token().kind() : null;
    }

    @Override
    public JsonToken current() {
        return token().kind();
    }

    @Override
    public String name() {
        return token().text();
    }

    @Override
    public String text() {
        return token().text();
    }

    @Override
    public boolean isInteger() {
        return current() == JsonToken.VALUE_NUMBER_INT;
    }

    @Override
    public int integer() {
        return Integer.parseInt(token().text());
    }

    @Override
    public int line() {
        return token().node().getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    @Override
    public int column() {
        return token().node().getStartMark().map(mark -> mark.getColumn() + 1).orElse(1);
    }
}
