package dev.hosta.linux;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A block device over a file, by losetup; a test that needs one is skipped without the right. */
final class LoopDevice implements AutoCloseable {
    final Path path;

    /**
     * Makes one.
     *
     * @param blockBytes of its logical blocks: 512 or 4096
     */
    LoopDevice(Path file, int blockBytes) throws IOException {
        List<String> make =
                List.of("losetup", "-f", "--show", "-b", "" + blockBytes, file.toString());
        Process process = new ProcessBuilder(make).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes()).strip();
        if (process.onExit().join().exitValue() != 0) {
            abort("no loop device can be made here (losetup as root): " + said);
        }
        path = Path.of(said);
    }

    /** Runs a command that must succeed. */
    static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.onExit().join().exitValue() != 0) {
            throw new AssertionError(List.of(command) + ": " + said);
        }
    }

    @Override
    public void close() throws IOException {
        run("losetup", "-d", path.toString());
    }
}
