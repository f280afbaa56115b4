package dev.hosta.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One command in the lane, to its end.
 *
 * @param status what the command ended with; 124 past the lane's time, 125 when the lane died
 * @param output what the lane's console and the lane itself printed, lines ended by {@code \n}
 */
record LaneRun(int status, String output) {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path SCRIPTS = ROOT.resolve("src-test-images/lane");

    /** Seconds that the lane may take over its own limit to come down. */
    private static final long GRACE_SECONDS = 60;

    /** The lane's folder of kernels and initramfs images, which setup.sh fills. */
    private static Path cache() {
        String named = System.getenv("LANE_CACHE");
        if (named != null) {
            return Path.of(named);
        }
        String base = System.getenv("XDG_CACHE_HOME");
        return (base == null ? Path.of(System.getenv("HOME"), ".cache") : Path.of(base))
                .resolve("hosta-lane");
    }

    /**
     * Runs a shell script in a lane of 3000 MiB, in the tree's root.
     *
     * @param name of the file target/lane-NAME.log, where the output stays
     * @param limitSeconds the lane's time limit
     * @param script the commands
     */
    static LaneRun shell(String name, int limitSeconds, String script) {
        return run(
                name,
                limitSeconds,
                List.of(
                        SCRIPTS.resolve("lane").toString(),
                        "-m",
                        "3000",
                        "-t",
                        Integer.toString(limitSeconds),
                        script));
    }

    /**
     * Runs one of the lane's scripts, which starts a lane itself.
     *
     * @param name of the script, without its ending
     * @param limitSeconds the script's own time limit
     */
    static LaneRun script(String name, int limitSeconds) {
        return run(name, limitSeconds, List.of(SCRIPTS.resolve(name + ".sh").toString()));
    }

    private static LaneRun run(String name, int limitSeconds, List<String> command) {
        assertTrue(
                Files.exists(cache().resolve("host.cpio"))
                        && Files.exists(cache().resolve("guest.cpio")),
                "The lane is not set up, folder=" + cache() + ". Run " + SCRIPTS + "/setup.sh");
        try {
            Path log = Path.of("target", "lane-" + name + ".log");
            long begin = System.nanoTime();
            Process process =
                    new ProcessBuilder(new ArrayList<>(command))
                            .directory(ROOT.toFile())
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            boolean ended = process.waitFor(limitSeconds + GRACE_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            String output = Files.readString(log, StandardCharsets.ISO_8859_1).replace("\r", "");
            assertTrue(ended, "The lane did not end, output:\n" + output);
            System.out.printf(
                    "lane %s: status %d after %.0f s, output in %s%n",
                    name, process.exitValue(), (System.nanoTime() - begin) / 1e9, log);
            return new LaneRun(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The run, if it ended with 0. */
    LaneRun succeeded() {
        assertEquals(0, status, output);
        return this;
    }

    /** What is printed between the lines {@code begin NAME} and {@code end NAME STATUS}. */
    String part(String part) {
        int begin = output.indexOf("begin " + part + "\n");
        int end = output.indexOf("end " + part + " ");
        assertTrue(begin >= 0 && end > begin, "No part " + part + " in:\n" + output);
        return output.substring(output.indexOf('\n', begin) + 1, end);
    }

    /** The status in the line {@code end NAME STATUS}. */
    int statusOf(String part) {
        String line =
                output.substring(output.indexOf("end " + part + " ")).lines().findFirst().get();
        return Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
    }
}
