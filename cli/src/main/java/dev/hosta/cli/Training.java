package dev.hosta.cli;

import picocli.CommandLine;

import java.nio.file.Path;
import java.util.List;

/**
 * What the build runs to record the archive of loaded classes: what the options of {@code run} can
 * ask for, then a guest. Code that no training ran is code that a start pays for.
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
        Main.main(new String[] {"run", "--timeout", "20s", "--kernel", image});
    }
}
