package dev.hosta.cli;

import dev.hosta.kvm.KvmException;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.snapshot.SaveOptions;
import dev.hosta.snapshot.SaveProgress;
import dev.hosta.snapshot.SavedForm;

import picocli.CommandLine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the build runs to record the archive of loaded classes: what the options of {@code run} can
 * ask for, then a guest, resumed, moved and run. Code that no training ran is code that a start
 * pays for.
 *
 * <p>Arguments: the image of a guest that ends by itself.
 */
final class Training {
    private Training() {}

    public static void main(String[] args) {
        String image = Path.of(args[0]).toString();
        List<List<String>> lines =
                List.of(
                        List.of("hello", "argument", "--cpus", "2", "--name", "training"),
                        List.of("--kernel", image, "--initrd", image, "--append", "quiet"),
                        List.of("--kernel", image, "--load-address", "0x100000", "--no-reboot"),
                        List.of("--kernel", image, "--console", "file:" + image),
                        List.of("--kernel", image, "--console", "none", "--timeout", "1s"),
                        List.of("--kernel", image, "--memory", "2G,hugepages=2M,prealloc"),
                        List.of("--kernel", image, "--disk", image + ",ro,format=raw"),
                        List.of("--kernel", image, "--net", "user,publish=8080:80"));
        for (List<String> line : lines) {
            RunOptions.read(
                    new CommandLine(RunOptions.spec()).parseArgs(line.toArray(String[]::new)));
        }
        resume(RunOptions.path(image));
        TrainingMove.run(RunOptions.path(image));
        Main.main(new String[] {"run", "--timeout", "20s", "--kernel", image});
    }

    /** Suspends a guest and resumes it. */
    private static void resume(Path image) {
        BootSpec boot = new BootSpec(image, Optional.empty(), "", OptionalLong.empty());
        MachineSpec spec = new MachineSpec("training", 1, MemorySpec.ofBytes(32L << 20), boot);
        Path folder = Path.of(System.getProperty("hosta.dist")).resolve("training-form");
        try (VirtualMachine machine = VirtualMachine.create(spec, value -> {})) {
            machine.start();
            machine.pause();
            SavedForm.write(machine, folder, SaveOptions.SUSPEND, SaveProgress.NONE);
        } catch (KvmException | LinuxException e) {
            // No KVM here: the archive holds less.
            Failure.report(e);
            return;
        }
        Main.execute("resume", "--name", "training-2", folder.toString());
        for (String file : List.of("manifest.json", "memory.sums", "memory", "")) {
            folder.resolve(file).toFile().delete();
        }
    }
}
