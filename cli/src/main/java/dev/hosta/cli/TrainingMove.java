package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.kvm.KvmException;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Landing;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationDestination;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.MigrationOptions;
import dev.hosta.migration.MigrationSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The part of the training that moves a guest, from this process to itself: a guest stands still
 * for classes that neither side has loaded.
 *
 * <p>Threading: one thread, and one of its own for the side that the guest comes to.
 */
final class TrainingMove implements Landing {
    private final Path folder;

    private TrainingMove(Path folder) {
        this.folder = folder;
    }

    /** Moves a guest of this image. */
    static void run(Path image) {
        BootSpec boot = new BootSpec(image, Optional.empty(), "", OptionalLong.empty());
        MachineSpec spec = new MachineSpec("training", 1, MemorySpec.ofBytes(32L << 20), boot);
        try {
            Path here = Files.createTempDirectory("hosta-training-");
            Path there = Files.createTempDirectory("hosta-training-");
            MigrationAddress at = MigrationAddress.parse("unix:" + there.resolve("socket"));
            try (VirtualMachine machine = VirtualMachine.create(spec, value -> {});
                    MigrationDestination destination =
                            MigrationDestination.listen(at, Optional.empty())) {
                machine.start();
                machine.pause();
                CompletableFuture<VirtualMachine> arrived =
                        CompletableFuture.supplyAsync(
                                () -> destination.await(new TrainingMove(there)));
                new MigrationSource(machine, new MigrationOptions(at), here).run();
                arrived.join().close();
            } finally {
                empty(here);
                empty(there);
            }
        } catch (IOException | KvmException | LinuxException | MigrationException e) {
            // No KVM here: the archive holds less.
            Failure.report(e);
        }
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            left.forEach(file -> file.toFile().delete());
        }
        folder.toFile().delete();
    }

    @Override
    public MachineSpec specOf(MachineSpec sent) {
        return sent.withName("training-2");
    }

    @Override
    public void claim(MachineSpec spec) {}

    @Override
    public Path records() {
        return folder;
    }

    @Override
    public void makeReady(VirtualMachine machine) {}

    @Override
    public void cannotRunYet(RuntimeException why) {
        Failure.report(why);
    }

    @Override
    public ConsoleOutput console() {
        return value -> {};
    }

    @Override
    public Optional<StdioPort> terminal() {
        return Optional.empty();
    }

    @Override
    public void givenUp(RuntimeException why) {
        Failure.report(why);
    }
}
