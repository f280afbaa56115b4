package dev.hosta.script;

import dev.hosta.machine.ByteSize;
import dev.hosta.machine.SpecException;

import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The axes of a script's matrix, and what they mean for each run.
 *
 * <p>Threading: one thread.
 */
final class MatrixReader {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9]*");
    private static final List<String> BUDGET = List.of("memory", "cpus");
    private static final int MOST_CPUS = 100_000;

    private final ScriptNodes nodes;
    private final Map<String, Map<String, Node>> values = new LinkedHashMap<>();
    private final Matrix matrix;

    private MatrixReader(ScriptNodes nodes, Node node, Optional<Node> budget) {
        this.nodes = nodes;
        if (!(node instanceof MappingNode axes) || axes.getValue().isEmpty()) {
            throw nodes.wrong(node, "'matrix' has a key for each of what differs from run to run");
        }
        for (NodeTuple axis : axes.getValue()) {
            String name = nodes.text(axis.getKeyNode(), "a key");
            if (!NAME.matcher(name).matches()) {
                throw nodes.wrong(axis.getKeyNode(), "a name has letters and digits alone");
            }
            if (values.put(name, axis(axis.getValueNode())) != null) {
                throw nodes.wrong(
                        axis.getKeyNode(), "'" + name + "' is there twice; leave one out");
            }
        }
        Map<String, Node> limits =
                budget.map(at -> nodes.map(at, "'budget'", BUDGET)).orElse(Map.of());
        matrix =
                new Matrix(
                        values.entrySet().stream()
                                .map(
                                        axis ->
                                                new Matrix.Axis(
                                                        axis.getKey(),
                                                        List.copyOf(axis.getValue().keySet())))
                                .toList(),
                        memory(limits),
                        limits.containsKey("cpus")
                                ? OptionalInt.of(
                                        nodes.number(limits.get("cpus"), "cpus", 1, MOST_CPUS))
                                : OptionalInt.empty());
        if (matrix.size() > Matrix.MOST_CELLS) {
            throw nodes.wrong(
                    node,
                    "a matrix has at most "
                            + Matrix.MOST_CELLS
                            + " runs, this one "
                            + matrix.size());
        }
    }

    /**
     * Reads a matrix.
     *
     * @param map of the script
     */
    static Optional<MatrixReader> of(ScriptNodes nodes, Map<String, Node> map) {
        Optional<Node> budget = Optional.ofNullable(map.get("budget"));
        if (!map.containsKey("matrix")) {
            budget.ifPresent(
                    at -> {
                        throw nodes.wrong(at, "'budget' goes with 'matrix'");
                    });
            return Optional.empty();
        }
        return Optional.of(new MatrixReader(nodes, map.get("matrix"), budget));
    }

    private OptionalLong memory(Map<String, Node> limits) {
        Node node = limits.get("memory");
        if (node == null) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(ByteSize.parse(nodes.text(node, "'memory'")));
        } catch (SpecException e) {
            throw new ScriptException(nodes.place(node) + ": " + e.getMessage(), e);
        }
    }

    /** The values of an axis by label: those of a list are their own labels. */
    private Map<String, Node> axis(Node node) {
        Map<String, Node> axis = new LinkedHashMap<>();
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                put(axis, nodes.text(tuple.getKeyNode(), "a key"), tuple.getValueNode());
            }
        } else {
            for (Node part : nodes.list(node, "the values of what differs")) {
                String text = nodes.text(part, "a value without a name before it");
                put(axis, text.substring(text.lastIndexOf('/') + 1), part);
            }
        }
        if (axis.isEmpty()) {
            throw nodes.wrong(node, "there is no value for it");
        }
        return axis;
    }

    private void put(Map<String, Node> axis, String label, Node value) {
        if (!(value instanceof ScalarNode) && !(value instanceof MappingNode)) {
            throw nodes.wrong(value, "a value is a text, or keys of the guest's");
        }
        if (label.isBlank() || axis.put(label, value) != null) {
            throw nodes.wrong(value, "each value has a name of its own: '" + label + "'");
        }
    }

    Matrix matrix() {
        return matrix;
    }

    /** The value of each axis in a run, or its label where it is no text. */
    Map<String, String> texts(Matrix.Cell cell) {
        Map<String, String> texts = new LinkedHashMap<>();
        cell.labels()
                .forEach(
                        (axis, label) ->
                                texts.put(
                                        axis,
                                        values.get(axis).get(label) instanceof ScalarNode scalar
                                                ? scalar.getValue()
                                                : label));
        return texts;
    }

    /** The keys that a run sets for its guest. */
    List<NodeTuple> keys(Matrix.Cell cell) {
        List<NodeTuple> keys = new ArrayList<>();
        cell.labels()
                .forEach(
                        (axis, label) -> {
                            if (values.get(axis).get(label) instanceof MappingNode mapping) {
                                keys.addAll(mapping.getValue());
                            }
                        });
        return keys;
    }
}
