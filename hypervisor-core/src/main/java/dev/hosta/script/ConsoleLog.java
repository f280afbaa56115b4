package dev.hosta.script;

import dev.hosta.device.backend.ConsoleOutput;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * All that a guest writes on its serial console, in a file or a stream, each line behind the
 * seconds since the run began.
 *
 * <p>The file is made with the first byte. One that cannot be written is told of once, and the
 * guest runs on without it. Threading: any thread.
 */
public final class ConsoleLog implements ConsoleOutput, AutoCloseable {
    private final String name;
    private final Opening opening;
    private final Consumer<String> onFailure;
    private final long beginNanos = System.nanoTime();

    // Guarded by this object's monitor.
    private Optional<OutputStream> stream = Optional.empty();
    private boolean inLine;
    private boolean over;

    /** Opens what is written to. */
    @FunctionalInterface
    private interface Opening {
        OutputStream open() throws IOException;
    }

    /**
     * Nothing written yet.
     *
     * @param file made with the first byte, or written over
     * @param onFailure gets one line where it cannot be written; on any thread
     */
    public ConsoleLog(Path file, Consumer<String> onFailure) {
        this(file.toString(), () -> Files.newOutputStream(file), onFailure);
    }

    /** Nothing written yet; all goes to a stream, which is closed with this. */
    public ConsoleLog(OutputStream stream) {
        this("memory", () -> stream, line -> {});
    }

    private ConsoleLog(String name, Opening opening, Consumer<String> onFailure) {
        this.name = name;
        this.opening = opening;
        this.onFailure = onFailure;
    }

    @Override
    public synchronized void write(int value) {
        if (over) {
            return;
        }
        try {
            if (stream.isEmpty()) {
                stream = Optional.of(new BufferedOutputStream(opening.open()));
            }
            OutputStream out = stream.get();
            if (!inLine) {
                double seconds = (System.nanoTime() - beginNanos) / 1e9;
                String stamp = String.format(Locale.ROOT, "[%12.6f] ", seconds);
                out.write(stamp.getBytes(StandardCharsets.US_ASCII));
            }
            out.write(value);
            inLine = value != '\n';
            if (!inLine) {
                out.flush();
            }
        } catch (IOException e) {
            over = true;
            onFailure.accept(
                    "Cannot write the console's log to "
                            + name
                            + ": "
                            + e.getMessage()
                            + ". The guest runs on without it.");
        }
    }

    /** Writes what there is and closes the file. Idempotent. */
    @Override
    public synchronized void close() {
        boolean open = stream.isPresent() && !over;
        over = true;
        if (!open) {
            return;
        }
        try (OutputStream out = stream.get()) {
            if (inLine) {
                out.write('\n');
            }
        } catch (IOException e) {
            onFailure.accept(
                    "Cannot write the console's log to " + name + ": " + e.getMessage() + ".");
        }
    }
}
