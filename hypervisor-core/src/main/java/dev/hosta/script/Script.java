package dev.hosta.script;

import dev.hosta.machine.MachineSpec;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is to be done with a guest, step after step.
 *
 * @param guest what runs, where the script itself says so
 * @param steps in their order; the first that fails ends them
 * @param last what is done in the end, whatever came before; one that fails does not keep the
 *     others from being taken
 * @param known texts that are bound before the first step, by name
 * @param cell which run of a matrix this is, if it is one
 */
public record Script(
        Optional<Guest> guest,
        List<Step> steps,
        List<Step> last,
        Map<String, String> known,
        Optional<Matrix.Cell> cell) {
    /** What runs. */
    public sealed interface Guest {
        /** Where it is said. */
        Place place();
    }

    /**
     * A guest as a command line names it.
     *
     * @param place where it is said
     * @param words as behind {@code hosta run}
     */
    public record Words(Place place, List<String> words) implements Guest {
        /** Copies the list. */
        public Words {
            words = List.copyOf(words);
        }
    }

    /**
     * A machine as a file describes it.
     *
     * @param place where it is said
     * @param spec the machine
     */
    public record Machine(Place place, MachineSpec spec) implements Guest {}

    /** A script that is run once. */
    public Script(Optional<Guest> guest, List<Step> steps, List<Step> last) {
        this(guest, steps, last, Map.of(), Optional.empty());
    }

    /** Copies the lists. */
    public Script {
        steps = List.copyOf(steps);
        last = List.copyOf(last);
        known = Map.copyOf(known);
    }

    /** Steps for a guest that something else names. */
    public static Script of(List<Step> steps) {
        return new Script(Optional.empty(), steps, List.of());
    }

    /** Every step, those within others behind them. */
    private Stream<Step> all() {
        return Stream.concat(steps.stream(), last.stream()).flatMap(Step::all);
    }

    /** How many steps there are to take. */
    public int count() {
        return Math.toIntExact(all().count());
    }

    /** Whether it runs commands in the guest, for which that needs the agent. */
    public boolean needsAgent() {
        return all().map(Step::action)
                .anyMatch(
                        action ->
                                action instanceof Step.Run
                                        || action instanceof Step.Exec
                                        || action instanceof Step.WaitForFile);
    }

    /** Whether the commands are all that the guest is for: the agent is its init then. */
    public boolean isForCommands() {
        return all().anyMatch(step -> step.action() instanceof Step.Exec);
    }

    /** Whether it leaves the guest to end by itself: nothing was waited for after the last word. */
    public boolean awaitsEnd() {
        return !steps.isEmpty() && steps.getLast().action() instanceof Step.Send;
    }
}
