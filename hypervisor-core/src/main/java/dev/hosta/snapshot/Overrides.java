package dev.hosta.snapshot;

import dev.hosta.machine.MachineSpec;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be another than when the machine was saved.
 *
 * @param name another name for the machine, if any
 * @param disks other files for disks, by the disks' ids
 * @param acceptChangedDisks whether disks may have been written since
 */
public record Overrides(
        Optional<String> name, Map<String, Path> disks, boolean acceptChangedDisks) {
    /** Nothing. */
    public static final Overrides NONE = new Overrides(Optional.empty(), Map.of(), false);

    /** Checks the name. */
    public Overrides {
        name.ifPresent(MachineSpec::requireName);
        disks = Map.copyOf(disks);
    }
}
