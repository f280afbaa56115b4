package dev.hosta.snapshot;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;
import dev.hosta.memory.PcRamLayout;

import java.util.List;

/**
 * All of a saved form but the bytes of its memory.
 *
 * @param requires features that a reader must know, besides the format's version
 * @param hosta version of Hosta that wrote it, for people
 * @param id of this save, 32 hex digits
 * @param spec what the machine was asked for
 * @param cpu what its vCPUs were made from
 * @param disks its disks as they were, in the spec's order
 * @param memory how its memory is kept
 * @param state its state
 */
record Manifest(
        List<String> requires,
        String hosta,
        String id,
        MachineSpec spec,
        GuestCpu cpu,
        List<DiskIdentity> disks,
        Memory memory,
        MachineState state) {
    /** Memory is that of a running process, without sums; a fork's. */
    static final String LIVE_MEMORY = "live-memory";

    /** The folder holds a copy of each disk that is not read-only; {@link DiskCopies}. */
    static final String DISK_COPIES = "disk-copies";

    /** What this build knows of what {@code requires} may ask for. */
    static final List<String> KNOWN_FEATURES = List.of(LIVE_MEMORY, DISK_COPIES);

    /**
     * How memory is kept.
     *
     * @param sizeBytes size of RAM, and of the file
     * @param parts where the guest sees which offsets
     * @param dataBytes as much of it as is not zero
     * @param sumsSha256 digest of the file of sums, in hex; empty where there is none
     */
    record Memory(long sizeBytes, List<Part> parts, long dataBytes, String sumsSha256) {
        /** RAM of a size, in the layout of a PC. */
        static Memory of(long sizeBytes, long dataBytes, String sumsSha256) {
            return new Memory(sizeBytes, partsOf(sizeBytes), dataBytes, sumsSha256);
        }

        private static List<Part> partsOf(long sizeBytes) {
            return PcRamLayout.of(sizeBytes).stream()
                    .map(p -> new Part(p.range().gpa(), p.offset(), p.range().sizeBytes()))
                    .toList();
        }
    }

    /**
     * A run of memory.
     *
     * @param gpa where the guest sees it
     * @param offset where it is in the file
     * @param sizeBytes its length
     */
    record Part(long gpa, long offset, long sizeBytes) {}

    /** Checks that the parts belong together. */
    Manifest {
        requires = List.copyOf(requires);
        disks = List.copyOf(disks);
        if (memory.sizeBytes() != spec.memory().sizeBytes()
                || !memory.parts().equals(Memory.partsOf(memory.sizeBytes()))) {
            throw new InvalidStateException("The memory is not laid out as the spec asks for");
        }
        if (state.vcpus().size() != spec.cpus()) {
            throw new InvalidStateException(
                    "Number of vCPUs: spec=" + spec.cpus() + ", state=" + state.vcpus().size());
        }
        if (!disks.stream()
                .map(DiskIdentity::id)
                .toList()
                .equals(spec.disks().stream().map(d -> d.id()).toList())) {
            throw new InvalidStateException("The disks are not those of the spec");
        }
    }

    /** Whether a disk of its spec stands in the folder. */
    boolean hasCopyOf(DiskSpec disk) {
        return !disk.readOnly() && requires.contains(DISK_COPIES);
    }

    boolean hasLiveMemory() {
        return requires.contains(LIVE_MEMORY);
    }
}
