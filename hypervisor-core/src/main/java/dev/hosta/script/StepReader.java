package dev.hosta.script;

import dev.hosta.machine.SpecException;
import dev.hosta.machine.TimeSpan;

import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads the steps of one script, and keeps account of what they capture.
 *
 * <p>Threading: one thread.
 */
final class StepReader {
    private static final List<String> ACTIONS =
            List.of(
                    "expect",
                    "send",
                    "wait-for",
                    "sleep-until-idle",
                    "pause",
                    "unpause",
                    "snapshot",
                    "suspend",
                    "resume",
                    "fork",
                    "migrate",
                    "run",
                    "assert",
                    "power-button",
                    "stop");
    private static final List<String> OPTIONS = List.of("timeout", "status", "into", "is");
    private static final List<String> KEYS =
            java.util.stream.Stream.concat(ACTIONS.stream(), OPTIONS.stream()).toList();
    private static final List<String> WAITS = List.of("console", "port", "file", "status");

    private static final int MOST_DEPTH = 8;
    private static final int MOST_STEPS = 10_000;

    private final ScriptNodes nodes;
    private final Path file;
    private final Duration timeout;
    private final Set<String> bound = new HashSet<>();
    private int depth;
    private int count;

    /**
     * Nothing read yet.
     *
     * @param file whose folder relative paths start at
     * @param timeout of steps that name none
     * @param known names that are bound before the first step
     */
    StepReader(ScriptNodes nodes, Path file, Duration timeout, Set<String> known) {
        bound.addAll(known);
        this.nodes = nodes;
        this.file = file;
        this.timeout = timeout;
    }

    /** The steps of a list; aliases can make a list hold itself. */
    List<Step> steps(Node node, String what) {
        if (depth == MOST_DEPTH) {
            throw nodes.wrong(node, "forks stand " + MOST_DEPTH + " deep in one another at most");
        }
        depth++;
        List<Step> steps = new ArrayList<>();
        for (Node step : nodes.list(node, what)) {
            if (++count > MOST_STEPS) {
                throw nodes.wrong(step, "a script has at most " + MOST_STEPS + " steps");
            }
            steps.add(step(step));
        }
        depth--;
        return steps;
    }

    private Step step(Node node) {
        if (node instanceof ScalarNode scalar) {
            String name = scalar.getValue();
            return new Step(nodes.place(node), word(node, name), timeout);
        }
        Map<String, Node> map = nodes.map(node, "a step", KEYS);
        List<String> actions = map.keySet().stream().filter(ACTIONS::contains).toList();
        if (actions.size() != 1) {
            throw nodes.wrong(
                    node,
                    "a step does one thing, this one "
                            + (actions.isEmpty() ? "none" : String.join(" and ", actions))
                            + "; put a dash before each");
        }
        String name = actions.getFirst();
        requireOptions(map, name);
        try {
            Duration limit =
                    map.containsKey("timeout")
                            ? TimeSpan.parse(nodes.text(map.get("timeout"), "'timeout'"))
                            : timeout;
            return new Step(nodes.place(node), action(name, map.get(name), map), limit);
        } catch (SpecException e) {
            throw new ScriptException(nodes.place(node) + ": " + e.getMessage(), e);
        } catch (StepException e) {
            throw new ScriptException(nodes.place(map.get(name)) + ": " + e.getMessage() + ".", e);
        }
    }

    private void requireOptions(Map<String, Node> map, String name) {
        List<String> own =
                switch (name) {
                    case "run" -> List.of("timeout", "status", "into");
                    case "assert" -> List.of("timeout", "is");
                    default -> List.of("timeout");
                };
        for (Map.Entry<String, Node> entry : map.entrySet()) {
            if (!entry.getKey().equals(name) && !own.contains(entry.getKey())) {
                throw nodes.wrong(
                        entry.getValue(), "'" + name + "' takes no '" + entry.getKey() + "'");
            }
        }
    }

    private Step.Action word(Node node, String name) {
        return switch (name) {
            case "pause" -> new Step.Plain(Step.Word.PAUSE);
            case "unpause" -> new Step.Plain(Step.Word.UNPAUSE);
            case "power-button" -> new Step.Plain(Step.Word.POWER_BUTTON);
            case "migrate" -> new Step.Plain(Step.Word.MIGRATE);
            case "stop" -> new Step.Plain(Step.Word.STOP);
            default -> {
                if (ACTIONS.contains(name)) {
                    throw nodes.wrong(node, "behind '" + name + ":' stands what it is about");
                }
                // Says what it could have been.
                throw nodes.wrong(node, "there is no step '" + name + "'; there are " + names());
            }
        };
    }

    private static String names() {
        return String.join(", ", ACTIONS);
    }

    private Step.Action action(String name, Node node, Map<String, Node> map) {
        return switch (name) {
            case "expect" -> expect(node);
            case "send" -> {
                Template text = template(node, name);
                Escapes.read(text.text());
                yield new Step.Send(text);
            }
            case "wait-for" -> waitFor(node);
            case "sleep-until-idle" -> new Step.SleepUntilIdle(TimeSpan.parse(text(node, name)));
            case "snapshot" -> new Step.Save(Step.Saving.SNAPSHOT, path(node, name));
            case "suspend" -> new Step.Save(Step.Saving.SUSPEND, path(node, name));
            case "resume" -> new Step.Save(Step.Saving.RESUME, path(node, name));
            case "fork" -> new Step.Fork(steps(node, "the steps of a fork"));
            case "run" -> run(node, map);
            case "assert" -> claim(node, map);
            default -> {
                if (!text(node, name).isEmpty()) {
                    throw nodes.wrong(node, "'" + name + "' takes nothing behind it");
                }
                yield word(node, name);
            }
        };
    }

    private Step.Action expect(Node node) {
        Step.Expect expect = new Step.Expect(template(node, "expect"));
        bound.addAll(expect.pattern(samples(expect.regex())).namedGroups().keySet());
        return expect;
    }

    private Step.Action waitFor(Node node) {
        if (node instanceof ScalarNode scalar && scalar.getValue().equals("end")) {
            return new Step.WaitForEnd(OptionalInt.empty());
        }
        Map<String, Node> map = nodes.map(node, "'wait-for'", WAITS);
        if (map.size() != 1) {
            throw nodes.wrong(node, "'wait-for' waits for one of " + String.join(", ", WAITS));
        }
        String what = map.keySet().iterator().next();
        Node value = map.get(what);
        return switch (what) {
            case "console" -> expect(value);
            case "file" -> new Step.WaitForFile(template(value, what));
            case "port" -> new Step.WaitForPort(number(value, "a port", 1, 65535));
            default -> new Step.WaitForEnd(OptionalInt.of(number(value, "a status", 0, 255)));
        };
    }

    private Step.Action run(Node node, Map<String, Node> map) {
        Template command = template(node, "run");
        int status = map.containsKey("status") ? number(map.get("status"), "a status", 0, 255) : 0;
        Optional<String> into = Optional.ofNullable(map.get("into")).map(at -> text(at, "'into'"));
        into.ifPresent(bound::add);
        return new Step.Run(command, status, into);
    }

    private Step.Action claim(Node node, Map<String, Node> map) {
        if (!map.containsKey("is")) {
            throw nodes.wrong(node, "'assert' wants 'is': the regex that all of it must match");
        }
        Template that = template(node, "assert");
        Step.Assert claim = new Step.Assert(that, template(map.get("is"), "is"));
        claim.pattern(samples(claim.is()));
        return claim;
    }

    private Template template(Node node, String what) {
        Template template = new Template(text(node, "'" + what + "'"));
        for (String name : template.names()) {
            if (!bound.contains(name)) {
                throw nodes.wrong(
                        node,
                        "nothing before captures '"
                                + name
                                + "'; bind it in an expect by (?<"
                                + name
                                + ">…), or write $${ for the text itself");
            }
        }
        return template;
    }

    /** Some value for each name, to see whether a regex is one. */
    private static Map<String, String> samples(Template template) {
        Map<String, String> samples = new HashMap<>();
        template.names().forEach(name -> samples.put(name, name));
        return samples;
    }

    private String text(Node node, String what) {
        return nodes.text(node, what);
    }

    private Path path(Node node, String what) {
        String text = text(node, what);
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw nodes.wrong(node, "a path is not empty");
        }
        return file.toAbsolutePath().resolveSibling(text).normalize();
    }

    private int number(Node node, String what, int least, int most) {
        return nodes.number(node, what, least, most);
    }
}
