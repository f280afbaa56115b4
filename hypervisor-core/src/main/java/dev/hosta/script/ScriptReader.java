package dev.hosta.script;

import dev.hosta.machine.SpecException;
import dev.hosta.machine.SpecReader;
import dev.hosta.machine.TimeSpan;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a script from a YAML file; docs/scripts.md describes the format.
 *
 * <p>All of it is checked before anything runs: an unknown step, a regex that is none, a capture
 * that no step before has bound. A mistake is one line with the file, line and column.
 */
public final class ScriptReader {
    private static final long MAX_BYTES = 1 << 20;
    private static final List<String> KEYS =
            List.of("matrix", "budget", "guest", "config", "timeout", "steps", "finally");

    private final ScriptNodes nodes;
    private final Path file;

    private ScriptReader(Path file) {
        this.file = file;
        this.nodes = new ScriptNodes(file.toString());
    }

    /**
     * Reads a script.
     *
     * @param defaultName of the guest, where the script describes it and gives no name
     * @param cell which run of its matrix; empty where it has none
     * @throws ScriptException where the file cannot be read, or is none
     * @throws SpecException where it describes no machine
     */
    public static Script read(Path file, String defaultName, OptionalInt cell) {
        ScriptReader reader = new ScriptReader(file);
        return reader.script(reader.map(), defaultName, cell);
    }

    /**
     * Reads of a script how often it is to be run.
     *
     * @return empty where it is to be run once
     * @throws ScriptException where the file cannot be read, or its matrix is none
     */
    public static Optional<Matrix> matrix(Path file) {
        ScriptReader reader = new ScriptReader(file);
        return MatrixReader.of(reader.nodes, reader.map()).map(MatrixReader::matrix);
    }

    private Map<String, Node> map() {
        return nodes.map(root(text()), "a script", KEYS);
    }

    private String text() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ScriptException(file + ": a script has at most 1 MiB.");
            }
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ScriptException("Cannot read the script " + file + ": no such file.", e);
        } catch (AccessDeniedException e) {
            throw new ScriptException("Cannot read the script " + file + ": permission denied.", e);
        } catch (MalformedInputException e) {
            throw new ScriptException("Cannot read the script " + file + ": it is no UTF-8.", e);
        } catch (IOException e) {
            throw new ScriptException(
                    "Cannot read the script " + file + ": " + e.getMessage() + ".", e);
        }
    }

    private Script script(Map<String, Node> map, String defaultName, OptionalInt cell) {
        Duration timeout =
                map.containsKey("timeout") ? time(map.get("timeout")) : Step.DEFAULT_TIMEOUT;
        Optional<MatrixReader> matrix = MatrixReader.of(nodes, map);
        Optional<Matrix.Cell> run = matrix.map(axes -> cell(axes.matrix(), cell));
        Map<String, String> known = run.map(r -> matrix.get().texts(r)).orElse(Map.of());
        List<NodeTuple> keys = run.map(r -> matrix.get().keys(r)).orElse(List.of());
        Optional<Script.Guest> guest = guest(map, known, keys, defaultName);
        if (!map.containsKey("steps")) {
            throw new ScriptException(file + ": the key 'steps' is missing.");
        }
        StepReader reader = new StepReader(nodes, file, timeout, known.keySet());
        List<Step> steps = reader.steps(map.get("steps"), "the steps");
        List<Step> last =
                map.containsKey("finally")
                        ? reader.steps(map.get("finally"), "the steps")
                        : List.of();
        return new Script(guest, steps, last, known, run);
    }

    private Node root(String text) {
        LoadSettings settings =
                LoadSettings.builder().setLabel(file.toString()).setUseMarks(true).build();
        try {
            return new Compose(settings)
                    .composeString(text)
                    .orElseThrow(() -> new ScriptException(file + ": it is empty."));
        } catch (MarkedYamlEngineException e) {
            String what = e.getProblem() == null ? "this is no YAML" : e.getProblem();
            throw new ScriptException(
                    nodes.place(e.getProblemMark())
                            + ": "
                            + what.replaceAll("\\R", " ")
                            + ". Put texts with ':' or '#' in quotes.",
                    e);
        } catch (YamlEngineException e) {
            throw new ScriptException(
                    file + ": " + String.valueOf(e.getMessage()).replaceAll("\\R", " ") + ".", e);
        }
    }

    private static Matrix.Cell cell(Matrix matrix, OptionalInt number) {
        return matrix.cells().get(number.orElse(0));
    }

    /** What runs, if the script says so: once. */
    private Optional<Script.Guest> guest(
            Map<String, Node> map,
            Map<String, String> known,
            List<NodeTuple> keys,
            String defaultName) {
        Node node = map.get("guest");
        Node config = map.get("config");
        if (config != null) {
            if (node != null || !keys.isEmpty()) {
                throw nodes.wrong(config, "'config' stands in place of 'guest'; leave one out");
            }
            Path path = file.toAbsolutePath().resolveSibling(changed(config, known)).normalize();
            return Optional.of(
                    new Script.Words(nodes.place(config), List.of("--config", path.toString())));
        }
        if (node instanceof MappingNode mapping) {
            return Optional.of(machine(mapping, known, keys, defaultName));
        }
        if (!keys.isEmpty()) {
            throw nodes.wrong(
                    keys.getFirst().getKeyNode(), "keys of the matrix's want a 'guest' with keys");
        }
        return Optional.ofNullable(node).map(at -> words(at, known));
    }

    private Script.Machine machine(
            MappingNode guest,
            Map<String, String> known,
            List<NodeTuple> keys,
            String defaultName) {
        Set<String> replaced =
                keys.stream()
                        .map(key -> nodes.text(key.getKeyNode(), "a key"))
                        .collect(Collectors.toSet());
        List<NodeTuple> all = new ArrayList<>(guest.getValue());
        all.removeIf(tuple -> replaced.contains(nodes.text(tuple.getKeyNode(), "a key")));
        all.addAll(keys);
        YamlSpecTokens tokens =
                new YamlSpecTokens(nodes, guest, all, text -> changed(guest, text, known));
        return new Script.Machine(
                nodes.place(guest),
                SpecReader.read(tokens, file.toAbsolutePath().normalize(), defaultName));
    }

    private String changed(Node node, Map<String, String> known) {
        return changed(node, nodes.text(node, "a text"), known);
    }

    /** The text with the matrix's values in their places. */
    private String changed(Node node, String text, Map<String, String> known) {
        Template template = new Template(text);
        for (String name : template.names()) {
            if (!known.containsKey(name)) {
                throw nodes.wrong(node, "the matrix has no '" + name + "'");
            }
        }
        return template.with(known);
    }

    private Script.Guest words(Node node, Map<String, String> known) {
        List<String> words = new ArrayList<>();
        if (node instanceof ScalarNode) {
            words.addAll(List.of(changed(node, known).strip().split("\\s+")));
        } else {
            for (Node part : nodes.list(node, "'guest'")) {
                words.add(changed(part, nodes.text(part, "a word of the guest's"), known));
            }
        }
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw nodes.wrong(node, "'guest' names nothing to run, such as: hello");
        }
        return new Script.Words(nodes.place(node), words);
    }

    private Duration time(Node node) {
        try {
            return TimeSpan.parse(nodes.text(node, "a time"));
        } catch (SpecException e) {
            throw new ScriptException(nodes.place(node) + ": " + e.getMessage(), e);
        }
    }
}
