package dev.hosta.script;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Several runs of one script: one for each combination of the axes' values.
 *
 * @param axes at least one
 * @param memoryBytes how much RAM all guests that run at a time may have; the host's where empty
 * @param cpus how many vCPUs; the host's CPUs where empty
 */
public record Matrix(List<Axis> axes, OptionalLong memoryBytes, OptionalInt cpus) {
    /** Most runs of one script. */
    public static final int MOST_CELLS = 1000;

    /**
     * What differs from run to run.
     *
     * @param name as steps and the guest name it
     * @param labels of its values, as the table shows them
     */
    public record Axis(String name, List<String> labels) {
        /** Copies the list. */
        public Axis {
            labels = List.copyOf(labels);
        }
    }

    /**
     * One run.
     *
     * @param number from 0
     * @param labels by axis, in their order
     */
    public record Cell(int number, Map<String, String> labels) {
        /** Such as {@code kernel=6.1 machine=small}. */
        public String title() {
            return labels.entrySet().stream()
                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                    .collect(Collectors.joining(" "));
        }

        /** Such as {@code 6.1-small}, for names of files and VMs. */
        public String fileName() {
            return String.join("-", labels.values()).replaceAll("[^A-Za-z0-9._-]", "_");
        }
    }

    /** Copies the list. */
    public Matrix {
        axes = List.copyOf(axes);
    }

    /** How many runs there are. */
    public long size() {
        return axes.stream().mapToLong(axis -> axis.labels().size()).reduce(1, Math::multiplyExact);
    }

    /** All runs, the last axis going fastest. */
    public List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            cells.add(new Cell(i, labels(i)));
        }
        return cells;
    }

    private Map<String, String> labels(int number) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (int axis = 0; axis < axes.size(); axis++) {
            labels.put(axes.get(axis).name(), axes.get(axis).labels().get(index(number, axis)));
        }
        return labels;
    }

    /** Which value of an axis a run has. */
    int index(int number, int axis) {
        int rest = number;
        for (int i = axes.size() - 1; i > axis; i--) {
            rest /= axes.get(i).labels().size();
        }
        return rest % axes.get(axis).labels().size();
    }
}
