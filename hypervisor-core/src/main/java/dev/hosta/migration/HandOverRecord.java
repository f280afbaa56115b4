package dev.hosta.migration;

import dev.hosta.linux.Durable;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * What one side has decided, in a file {@code migration} of the guest's runtime folder; it is on
 * the disk before anybody is told.
 *
 * <p>One line: the decision, the token, and the other side's address.
 *
 * <p>Threading: one thread at a time.
 */
final class HandOverRecord {
    /** Name in the folder. */
    static final String NAME = "migration";

    private static final String NEW_NAME = "migration.new";

    /** What there is to decide. */
    enum Decision {
        /** Of the source: it never resumes the guest by itself. */
        HANDED_OVER,
        /** Of the destination: it runs the guest when it is told to, and not before. */
        READY,
        /** Of the destination: the guest is its own. */
        RUNNING
    }

    private final Path folder;

    HandOverRecord(Path folder) {
        this.folder = folder;
    }

    /**
     * Returns once the decision is on the disk.
     *
     * @throws MigrationException where it cannot be written
     */
    void write(Decision decision, String token, String peer) {
        String line = decision + " " + token + " " + peer + "\n";
        Path next = folder.resolve(NEW_NAME);
        try {
            try (FileChannel file =
                    FileChannel.open(
                            next,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                file.force(true);
            }
            Files.move(next, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
            Durable.syncFolder(folder);
        } catch (IOException | LinuxException e) {
            throw new MigrationException(
                    "Cannot write down what was decided: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Removes the record; idempotent.
     *
     * @throws MigrationException where the host cannot
     */
    void remove() {
        try {
            Files.deleteIfExists(folder.resolve(NAME));
        } catch (IOException e) {
            throw new MigrationException("Cannot remove a record: " + e.getMessage() + ".", e);
        }
    }
}
