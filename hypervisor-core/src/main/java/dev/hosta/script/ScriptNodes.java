package dev.hosta.script;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Parts of a YAML file, each with the place that a mistake in it is told with.
 *
 * <p>Threading: no state.
 */
final class ScriptNodes {
    private final String file;

    /**
     * Reads nothing yet.
     *
     * @param file the name that places begin with
     */
    ScriptNodes(String file) {
        this.file = file;
    }

    Place place(Node node) {
        return place(node.getStartMark());
    }

    Place place(Optional<Mark> mark) {
        return new Place(
                mark.map(m -> file + ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1))
                        .orElse(file));
    }

    /** A mistake at a place: what it is, and what to do. */
    ScriptException wrong(Node at, String what) {
        return new ScriptException(place(at) + ": " + what + (what.endsWith("?") ? "" : "."));
    }

    /** A text of one line or more; numbers and booleans as they are written. */
    String text(Node node, String what) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw wrong(node, what + " must be a text");
    }

    /** The parts of a list; one text alone is a list of one. */
    List<Node> list(Node node, String what) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        throw wrong(node, what + " must be a list: each part on a line of its own behind a dash");
    }

    /**
     * The values of a mapping by key.
     *
     * @param allowed the keys that there can be
     */
    Map<String, Node> map(Node node, String what, List<String> allowed) {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(node, what + " must have keys: " + String.join(", ", allowed));
        }
        Map<String, Node> map = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = text(tuple.getKeyNode(), "a key");
            if (!allowed.contains(key)) {
                throw wrong(tuple.getKeyNode(), unknown(key, what, allowed));
            }
            if (map.put(key, tuple.getValueNode()) != null) {
                throw wrong(tuple.getKeyNode(), "'" + key + "' is there twice; leave one out");
            }
        }
        return map;
    }

    /** A number in a range. */
    int number(Node node, String what, int least, int most) {
        String text = text(node, what);
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new ScriptException(
                    place(node) + ": " + what + " is a number: '" + text + "'.", e);
        }
        throw wrong(node, what + " is " + least + " to " + most + ": '" + text + "'");
    }

    private static String unknown(String key, String what, List<String> allowed) {
        String nearest = "";
        int least = Math.max(2, key.length() / 2);
        for (String candidate : allowed) {
            int distance = distance(key, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return what
                + " has no '"
                + key
                + "'; "
                + (nearest.isEmpty()
                        ? "there are " + String.join(", ", allowed)
                        : "did you mean '" + nearest + "'?");
    }

    /** How many letters must change to make one word of the other. */
    private static int distance(String a, String b) {
        List<Integer> before = new ArrayList<>();
        for (int j = 0; j <= b.length(); j++) {
            before.add(j);
        }
        for (int i = 1; i <= a.length(); i++) {
            List<Integer> row = new ArrayList<>(List.of(i));
            for (int j = 1; j <= b.length(); j++) {
                int same = before.get(j - 1) + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row.add(Math.min(same, 1 + Math.min(before.get(j), row.get(j - 1))));
            }
            before = row;
        }
        return before.get(b.length());
    }
}
