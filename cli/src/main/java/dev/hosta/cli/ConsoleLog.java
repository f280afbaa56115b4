package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * All that a guest writes on its serial console, in a file, each line behind the seconds since the
 * run began.
 *
 * <p>The file is made with the first byte. One that cannot be written is told of once, and the
 * guest runs on without it. Threading: any thread.
 */
final class ConsoleLog implements ConsoleOutput {
    private final Path file;
    private final long beginNanos = System.nanoTime();

    // Guarded by this object's monitor.
    private Optional<OutputStream> stream = Optional.empty();
    private boolean inLine;
    private boolean over;

    ConsoleLog(Path file) {
        this.file = file;
    }

    @Override
    public synchronized void write(int value) {
        if (over) {
            return;
        }
        try {
            if (stream.isEmpty()) {
                stream = Optional.of(new BufferedOutputStream(Files.newOutputStream(file)));
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
            Failure.print(
                    "Cannot write the console's log to "
                            + file
                            + ": "
                            + e.getMessage()
                            + ". The guest runs on without it.");
        }
    }

    /** Writes what there is and closes the file. Idempotent. */
    synchronized void close() {
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
            Failure.print(
                    "Cannot write the console's log to " + file + ": " + e.getMessage() + ".");
        }
    }
}
