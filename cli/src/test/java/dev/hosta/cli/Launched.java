package dev.hosta.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One run of {@code bin/hosta} to its end.
 *
 * @param status what it ended with; 128 and the signal's number where one ended it
 * @param out its standard output
 * @param err its standard error
 */
record Launched(int status, String out, String err) {
    /** The launcher; the tests run in the module's folder. */
    static final Path LAUNCHER = Path.of("bin/hosta").toAbsolutePath();

    private static final long WITHIN_SECONDS = 120;

    /** Runs it with nothing on standard input. */
    static Launched hosta(Path folder, String... args) {
        return hosta(folder, Map.of(), "", args);
    }

    /**
     * Runs it.
     *
     * @param folder HOSTA_HOME, and where output is kept
     * @param environment more environment
     * @param input what stands on standard input
     */
    static Launched hosta(
            Path folder, Map<String, String> environment, String input, String... args) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(Arrays.asList(args));
        return run(folder, environment, input, command);
    }

    /** Runs any command in the same way. */
    static Launched run(
            Path folder, Map<String, String> environment, String input, List<String> command) {
        try {
            Path in = Files.writeString(Files.createTempFile(folder, "in", ""), input);
            Path out = Files.createTempFile(folder, "out", "");
            Path err = Files.createTempFile(folder, "err", "");
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(in.toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().put("HOSTA_HOME", folder.resolve("home").toString());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(WITHIN_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(
                        command + " did not end; output: " + Files.readString(out));
            }
            return new Launched(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.ISO_8859_1),
                    Files.readString(err, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
