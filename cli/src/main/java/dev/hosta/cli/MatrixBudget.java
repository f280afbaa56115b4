package dev.hosta.cli;

import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.SpecException;
import dev.hosta.script.Matrix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory and how many CPUs the runs of a matrix may have at a time.
 *
 * <p>Threading: one thread.
 */
final class MatrixBudget {
    /** What a VMM takes beside its guest's RAM. */
    private static final long VMM_BYTES = 96L << 20;

    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable: *(\\d+) kB");

    private final long memoryBytes;
    private final int cpus;
    private long memoryTaken;
    private int cpusTaken;
    private int running;
    private int most;

    private MatrixBudget(long memoryBytes, int cpus) {
        this.memoryBytes = memoryBytes;
        this.cpus = cpus;
    }

    /** The matrix's; what it leaves open is three quarters of the free memory, and all CPUs. */
    static MatrixBudget of(Matrix matrix) {
        return new MatrixBudget(
                matrix.memoryBytes().orElseGet(() -> available() / 4 * 3),
                matrix.cpus().orElseGet(() -> Runtime.getRuntime().availableProcessors()));
    }

    private static long available() {
        try {
            Matcher found = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            if (found.find()) {
                return Long.parseLong(found.group(1)) << 10;
            }
        } catch (IOException e) {
            throw new SpecException(
                    "Cannot tell how much memory is free: " + e.getMessage() + ". Give a budget.",
                    e);
        }
        throw new SpecException("Cannot tell how much memory is free. Give a budget.");
    }

    private static long need(MachineSpec machine) {
        return machine.memory().sizeBytes() + VMM_BYTES;
    }

    /**
     * Checks that a run has room where no other runs.
     *
     * @throws SpecException where its memory is more than there is
     */
    void requireRoom(Matrix.Cell cell, MachineSpec machine) {
        if (need(machine) > memoryBytes) {
            throw new SpecException(
                    "The budget's memory, "
                            + (memoryBytes >> 20)
                            + "M, is too little for "
                            + cell.title()
                            + ", which takes "
                            + (need(machine) >> 20)
                            + "M with its VMM.");
        }
    }

    /** Takes what a machine needs, if it is there. One with more vCPUs than CPUs runs alone. */
    boolean take(MachineSpec machine) {
        boolean room =
                memoryTaken + need(machine) <= memoryBytes
                        && (cpusTaken + machine.cpus() <= cpus || running == 0);
        if (room) {
            memoryTaken += need(machine);
            cpusTaken += machine.cpus();
            running++;
            most = Math.max(most, running);
        }
        return room;
    }

    /** Gives back what a machine had. */
    void give(MachineSpec machine) {
        memoryTaken -= need(machine);
        cpusTaken -= machine.cpus();
        running--;
    }

    /** How many ran at a time at most. */
    int most() {
        return most;
    }
}
