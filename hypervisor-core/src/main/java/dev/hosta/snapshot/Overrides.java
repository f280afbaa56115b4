package dev.hosta.snapshot;

import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.NetSpec;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be another than when the machine was saved.
 *
 * @param name another name for the machine, if any
 * @param disks other files for disks, by the disks' ids
 * @param acceptChangedDisks whether disks may have been written since
 * @param nets other carriers for networks, by the networks' ids
 * @param twin whether the other machine goes on, so that networks need addresses of their own and
 *     cannot publish the same ports: those that {@code nets} does not name lose theirs
 */
public record Overrides(
        Optional<String> name,
        Map<String, Path> disks,
        boolean acceptChangedDisks,
        Map<String, NetSpec.Carrier> nets,
        boolean twin) {
    /** Nothing. */
    public static final Overrides NONE = new Overrides(Optional.empty(), Map.of(), false);

    /** Checks the name. */
    public Overrides {
        name.ifPresent(MachineSpec::requireName);
        disks = Map.copyOf(disks);
        nets = Map.copyOf(nets);
    }

    /** Nothing but name and disks. */
    public Overrides(Optional<String> name, Map<String, Path> disks, boolean acceptChangedDisks) {
        this(name, disks, acceptChangedDisks, Map.of(), false);
    }
}
