package dev.hosta.cli;

import dev.hosta.script.Matrix;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table at the end of a matrix.
 *
 * <p>Threading: immutable.
 */
final class MatrixTable {
    private final Matrix matrix;
    private final List<MatrixCell> cells;

    MatrixTable(Matrix matrix, List<MatrixCell> cells) {
        this.matrix = matrix;
        this.cells = List.copyOf(cells);
    }

    /**
     * Its lines.
     *
     * @param seconds that all took
     * @param most how many ran at a time
     */
    String text(double seconds, int most) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>();
        matrix.axes().forEach(axis -> head.add(axis.name()));
        head.addAll(List.of("memory", "cpus", "seconds", "status", ""));
        rows.add(head);
        for (MatrixCell cell : cells) {
            List<String> row = new ArrayList<>(cell.cell().labels().values());
            row.add((cell.machine().memory().sizeBytes() >> 20) + "M");
            row.add("" + cell.machine().cpus());
            row.add(String.format(Locale.ROOT, "%.1f", cell.seconds()));
            row.add("" + cell.status());
            row.add(cell.why());
            rows.add(row);
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int at = column;
                int width = rows.stream().mapToInt(other -> other.get(at).length()).max().orElse(0);
                line.append(row.get(column)).append(" ".repeat(width - row.get(at).length() + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        long passed = cells.stream().filter(cell -> cell.status() == 0).count();
        return text.append(
                        String.format(
                                Locale.ROOT,
                                "%d of %d passed in %.1f s, at most %d at a time.%n",
                                passed,
                                cells.size(),
                                seconds,
                                most))
                .toString();
    }
}
