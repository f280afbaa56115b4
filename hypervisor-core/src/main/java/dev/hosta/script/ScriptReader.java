package dev.hosta.script;

import dev.hosta.machine.SpecException;
import dev.hosta.machine.TimeSpan;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
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

/**
 * Reads a script from a YAML file; docs/scripts.md describes the format.
 *
 * <p>All of it is checked before anything runs: an unknown step, a regex that is none, a capture
 * that no step before has bound. A mistake is one line with the file, line and column.
 */
public final class ScriptReader {
    private static final long MAX_BYTES = 1 << 20;
    private static final List<String> KEYS = List.of("guest", "timeout", "steps", "finally");

    private final ScriptNodes nodes;
    private final Path file;

    private ScriptReader(Path file) {
        this.file = file;
        this.nodes = new ScriptNodes(file.toString());
    }

    /**
     * Reads a script.
     *
     * @throws ScriptException where the file cannot be read, or is none
     */
    public static Script read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ScriptException(file + ": a script has at most 1 MiB.");
            }
            return new ScriptReader(file).script(Files.readString(file));
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

    private Script script(String text) {
        Map<String, Node> map = nodes.map(root(text), "a script", KEYS);
        Duration timeout =
                map.containsKey("timeout") ? time(map.get("timeout")) : Step.DEFAULT_TIMEOUT;
        Optional<Script.Guest> guest = Optional.ofNullable(map.get("guest")).map(this::guest);
        if (!map.containsKey("steps")) {
            throw new ScriptException(file + ": the key 'steps' is missing.");
        }
        StepReader reader = new StepReader(nodes, file, timeout);
        List<Step> steps = reader.steps(map.get("steps"), "the steps");
        List<Step> last =
                map.containsKey("finally")
                        ? reader.steps(map.get("finally"), "the steps")
                        : List.of();
        return new Script(guest, steps, last);
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

    private Script.Guest guest(Node node) {
        List<String> words = new ArrayList<>();
        if (node instanceof ScalarNode scalar) {
            words.addAll(List.of(scalar.getValue().strip().split("\\s+")));
        } else {
            for (Node part : nodes.list(node, "'guest'")) {
                words.add(nodes.text(part, "a word of the guest's"));
            }
        }
        if (words.isEmpty() || words.getFirst().isEmpty()) {
            throw nodes.wrong(node, "'guest' names nothing to run, such as: hello");
        }
        return new Script.Guest(nodes.place(node), words);
    }

    private Duration time(Node node) {
        try {
            return TimeSpan.parse(nodes.text(node, "a time"));
        } catch (SpecException e) {
            throw new ScriptException(nodes.place(node) + ": " + e.getMessage(), e);
        }
    }
}
