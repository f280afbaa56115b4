package dev.hosta.snapshot;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.kvm.KvmClock;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineCut;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.FrozenRam;
import dev.hosta.memory.GuestRam;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A machine as it was at one instant, kept in this process: any number of others go on from there,
 * each sharing its memory until it writes a page.
 *
 * <p>Nothing of it is written anywhere but the disks that the guest can write, of which this has
 * copies and each twin gets copies again. The machine itself may go away first.
 *
 * <p>Threading: {@link #twin} by any thread, many at once; closed once, when no twin is being made.
 * Those that were made live on.
 */
public final class FrozenMachine implements AutoCloseable {
    private final MachineSpec spec;
    private final MachineCut cut;

    private FrozenMachine(MachineSpec spec, MachineCut cut) {
        this.spec = spec;
        this.cut = cut;
    }

    /**
     * Freezes a machine, which runs on if it ran.
     *
     * @param vm running, or paused
     * @param folder asked for a folder where there are disks to copy; the copies are the caller's
     *     to delete after this
     * @param atTheInstant called while all stands still, to look at what is outside
     * @throws SaveException where a disk cannot be copied
     * @throws IllegalStateException where the machine is being saved, or has ended
     * @throws RuntimeException with a line for the user, where the host does not allow it; nothing
     *     is left behind but files
     */
    public static FrozenMachine of(
            VirtualMachine vm, Supplier<Path> folder, Runnable atTheInstant) {
        List<DiskSpec> disks = new ArrayList<>();
        MachineCut cut =
                vm.cut(
                        false,
                        () -> {
                            disks.addAll(copies(vm.spec().disks(), folder));
                            atTheInstant.run();
                        });
        vm.ram().lendBase();
        return new FrozenMachine(vm.spec().withDisks(disks), cut);
    }

    /**
     * Makes a machine that goes on from that instant, paused: {@link VirtualMachine#start} lets it.
     * Its guest is told that it may run twice.
     *
     * @param name its own
     * @param folder asked for a folder where there are disks to copy; the copies are the caller's
     *     to delete after it
     * @param console where the serial port's output goes
     * @throws SaveException where a disk cannot be copied
     * @throws RuntimeException with a line for the user, where the host does not allow it; nothing
     *     is left behind but files
     */
    public VirtualMachine twin(String name, Supplier<Path> folder, ConsoleOutput console) {
        MachineSpec own =
                spec.withName(name)
                        .withDisks(copies(spec.disks(), folder))
                        .withNets(spec.nets().stream().map(NetSpec::twin).toList());
        KvmClock clock = new KvmClock(cut.state().platform().clock().nanos(), 0, 0, 0);
        VirtualMachine machine =
                VirtualMachine.restore(
                        own,
                        cut.state().withClock(clock),
                        cut.cpu(),
                        ram(cut.ram()),
                        console,
                        Optional.empty());
        try {
            machine.renewGenerationId();
            return machine;
        } catch (RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    private static GuestRam ram(FrozenRam frozen) {
        GuestRam ram = GuestRam.over(frozen.baseAgain(), frozen.sizeBytes());
        try {
            frozen.layer().ifPresent(ram::layOver);
            return ram;
        } catch (LinuxException e) {
            ram.close();
            throw e;
        }
    }

    /** Disks that are only read stay; the others become copies in a folder. */
    private static List<DiskSpec> copies(List<DiskSpec> disks, Supplier<Path> folder) {
        return disks.stream()
                .map(disk -> disk.readOnly() ? disk : disk.withPath(copy(disk, folder.get())))
                .toList();
    }

    private static Path copy(DiskSpec disk, Path folder) {
        Path copy = folder.resolve(DiskCopies.nameOf(disk));
        int flags = FileDescriptor.O_RDWR | FileDescriptor.O_CREAT | FileDescriptor.O_EXCL;
        try (FileDescriptor to = FileDescriptor.open(copy, flags)) {
            if (DiskCopies.reflink(disk, to).isPresent()) {
                DiskCopies.copy(disk, to, SaveProgress.NONE);
            }
            return copy;
        } catch (IOException e) {
            throw new SaveException(
                    "Cannot copy the disk '" + disk.id() + "': " + e.getMessage() + ".",
                    new UncheckedIOException(e));
        }
    }

    /** Lets go of the frozen memory. Idempotent. */
    @Override
    public void close() {
        cut.close();
    }
}
