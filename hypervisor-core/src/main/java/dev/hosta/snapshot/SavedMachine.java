package dev.hosta.snapshot;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmClock;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.GuestRam;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A saved form that was read and is whole, as far as its manifest goes; its memory is checked when
 * it is restored.
 *
 * <p>The files must stay as they are while a machine runs that was restored from them: its memory
 * is loaded from them page by page. Replacing the folder by another save is safe.
 *
 * <p>Threading: immutable; any number of machines may be restored from one.
 */
public final class SavedMachine {
    private static final long MOST_MANIFEST_BYTES = 64L << 20;

    private final Path folder;
    private final Manifest manifest;
    private final Optional<MemorySums> sums;

    private SavedMachine(Path folder, Manifest manifest, Optional<MemorySums> sums) {
        this.folder = folder;
        this.manifest = manifest;
        this.sums = sums;
    }

    static SavedMachine read(Path folder) {
        Path manifestFile = folder.resolve(ManifestFile.NAME);
        Manifest manifest = ManifestFile.read(manifestFile, bytes(manifestFile));
        Path memory = folder.resolve(MemoryFile.NAME);
        long size = size(memory);
        if (size != manifest.memory().sizeBytes()) {
            throw new SavedFormException.Corrupt(
                    memory,
                    "it has " + size + " bytes, not " + manifest.memory().sizeBytes() + ".");
        }
        if (manifest.hasLiveMemory()) {
            return new SavedMachine(folder, manifest, Optional.empty());
        }
        Path sumsFile = folder.resolve(MemorySums.NAME);
        byte[] bytes = bytes(sumsFile);
        if (!ManifestFile.sha256(bytes, bytes.length).equals(manifest.memory().sumsSha256())) {
            throw new SavedFormException.Corrupt(
                    sumsFile, "it does not belong to the manifest beside it.");
        }
        MemorySums sums = MemorySums.read(sumsFile, bytes, size);
        return new SavedMachine(folder, manifest, Optional.of(sums));
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.size(file) > MOST_MANIFEST_BYTES) {
                throw new SavedFormException.Corrupt(file, "it is larger than can be.");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static SavedFormException unreadable(Path file, IOException e) {
        return new SavedFormException.Corrupt(
                file,
                e instanceof NoSuchFileException
                        ? "there is no such file."
                        : "it cannot be read: " + e.getMessage() + ".",
                e);
    }

    /** The machine as it was asked for, with the files that its disks were. */
    public MachineSpec spec() {
        return manifest.spec();
    }

    /** All of its state but its RAM. */
    public MachineState state() {
        return manifest.state();
    }

    /** What its vCPUs were made from. */
    public GuestCpu cpu() {
        return manifest.cpu();
    }

    /** Of this save alone: 32 hex digits. */
    public String id() {
        return manifest.id();
    }

    /** The version of Hosta that wrote it, for people. */
    public String writtenBy() {
        return manifest.hosta();
    }

    /** Bytes of its memory that are not zero. */
    public long dataBytes() {
        return manifest.memory().dataBytes();
    }

    /**
     * Makes the machine anew, paused: {@link VirtualMachine#resume} or {@link VirtualMachine#start}
     * lets it go on. Before anything is touched all is checked that can be: CPU, disks, memory.
     *
     * @param overrides what is to be another
     * @param console where the serial port's output goes
     * @throws SavedFormException where it is damaged, or cannot go on here
     * @throws RuntimeException with a line for the user, where the host does not allow it; nothing
     *     is left behind
     */
    public VirtualMachine restore(
            Overrides overrides, ConsoleOutput console, RestoreOptions options) {
        return restore(overrides, console, Optional.empty(), options);
    }

    /**
     * As the other, with a terminal for the guest's virtio console.
     *
     * @param terminal where the console goes that the spec has on stdio; stays the caller's
     */
    public VirtualMachine restore(
            Overrides overrides,
            ConsoleOutput console,
            Optional<StdioPort> terminal,
            RestoreOptions options) {
        requireCpu();
        MachineSpec spec = specWith(overrides);
        requireDisks(spec, overrides);
        FileDescriptor memory = openMemory();
        GuestRam ram;
        try {
            if (!options.trusted() && sums.isPresent()) {
                MemoryFile.check(folder.resolve(MemoryFile.NAME), memory, sums.get());
            }
            ram = ram(memory, spec.memory().hugePages(), options);
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
        try {
            return unique(
                    VirtualMachine.restore(
                            spec, stateToResume(options.clock()), cpu(), ram, console, terminal));
        } catch (InvalidStateException e) {
            throw new SavedFormException.Incompatible(
                    folder.resolve(ManifestFile.NAME), e.getMessage() + ".", e);
        }
    }

    /** Tells a guest that others may run from the same instant, unless it is the only one. */
    private VirtualMachine unique(VirtualMachine machine) {
        if (!UnresumedMark.take(folder, id())) {
            try {
                machine.renewGenerationId();
            } catch (RuntimeException e) {
                machine.close();
                throw e;
            }
        }
        return machine;
    }

    private void requireCpu() {
        try (Kvm kvm = Kvm.open()) {
            CpuCheck.reasonAgainst(cpu(), GuestCpu.ofHost(kvm))
                    .ifPresent(
                            why -> {
                                throw incompatible(why);
                            });
        }
    }

    private SavedFormException incompatible(String why) {
        return new SavedFormException.Incompatible(folder, why + ".");
    }

    /**
     * The machine as it will be asked for.
     *
     * @throws SavedFormException where it has not what is to be another
     */
    public MachineSpec specWith(Overrides overrides) {
        Map<String, Path> paths = new HashMap<>(overrides.disks());
        List<DiskSpec> disks = new ArrayList<>();
        for (DiskSpec disk : spec().disks()) {
            Path other = paths.remove(disk.id());
            if (other == null && manifest.hasCopyOf(disk)) {
                other = folder.resolve(DiskCopies.nameOf(disk));
            }
            disks.add(other == null ? disk : disk.withPath(other));
        }
        if (!paths.isEmpty()) {
            throw incompatible(
                    "the machine has no disk '"
                            + paths.keySet().iterator().next()
                            + "'; it has "
                            + spec().disks().stream().map(DiskSpec::id).toList());
        }
        return spec().withName(overrides.name().orElse(spec().name()))
                .withDisks(disks)
                .withNets(nets(overrides));
    }

    private List<NetSpec> nets(Overrides overrides) {
        Map<String, NetSpec.Carrier> carriers = new HashMap<>(overrides.nets());
        List<NetSpec> nets = new ArrayList<>();
        for (NetSpec net : spec().nets()) {
            NetSpec.Carrier other = carriers.remove(net.id());
            NetSpec one = overrides.twin() ? net.twin() : net;
            nets.add(other == null ? one : one.withCarrier(other));
        }
        if (!carriers.isEmpty()) {
            throw incompatible(
                    "the machine has no network '"
                            + carriers.keySet().iterator().next()
                            + "'; it has "
                            + spec().nets().stream().map(NetSpec::id).toList());
        }
        return nets;
    }

    private void requireDisks(MachineSpec spec, Overrides overrides) {
        for (int i = 0; i < spec.disks().size(); i++) {
            DiskSpec disk = spec.disks().get(i);
            DiskIdentity now;
            try {
                now = DiskIdentity.of(disk, disk.path());
            } catch (IOException e) {
                throw incompatible(
                        "its disk '"
                                + disk.id()
                                + "' is missing: "
                                + disk.path()
                                + ". Give --disk "
                                + disk.id()
                                + "=PATH");
            }
            String change = now.changedSince(manifest.disks().get(i));
            if (!change.isEmpty() && !overrides.acceptChangedDisks()) {
                throw incompatible(
                        "its disk '"
                                + disk.id()
                                + "' ("
                                + disk.path()
                                + ") is not as the guest left it: "
                                + change
                                + ". Give --accept-changed-disks to risk its file system");
            }
        }
    }

    private FileDescriptor openMemory() {
        Path file = folder.resolve(MemoryFile.NAME);
        try {
            return FileDescriptor.open(file, FileDescriptor.O_RDONLY);
        } catch (LinuxException e) {
            throw new SavedFormException.Corrupt(file, "it cannot be opened.", e);
        }
    }

    private GuestRam ram(FileDescriptor memory, HugePages pages, RestoreOptions options) {
        GuestRam ram =
                pages == HugePages.NONE
                        ? GuestRam.over(memory, manifest.memory().sizeBytes())
                        : GuestRam.loaded(memory, manifest.memory().sizeBytes(), pages);
        try {
            if (manifest.hasLiveMemory()) {
                layOver(ram);
            }
            if (options.prefault() && pages == HugePages.NONE) {
                ram.prefault();
            }
            return ram;
        } catch (RuntimeException e) {
            ram.close();
            throw e;
        }
    }

    private void layOver(GuestRam ram) {
        Path layer = folder.resolve(ForkSource.LAYER_NAME);
        if (Files.exists(layer)) {
            try (FileDescriptor file = FileDescriptor.open(layer, FileDescriptor.O_RDONLY)) {
                ram.layOver(file);
            }
        }
    }

    /** The guest's clocks go on where they stopped, unless they are to show the time that it is. */
    private MachineState stateToResume(ClockChoice choice) {
        KvmClock clock = state().platform().clock();
        long ahead =
                switch (choice) {
                    case STOPPED -> 0;
                    case HOST -> nanosSince(clock);
                };
        return state().withClock(new KvmClock(clock.nanos() + ahead, 0, 0, 0));
    }

    private long nanosSince(KvmClock saved) {
        if (!saved.hasRealtime()) {
            throw incompatible("the host that saved it did not say when. Leave out --clock host");
        }
        Instant now = Instant.now();
        long nanos = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        return Math.max(0, nanos - saved.realtimeNanos());
    }
}
