package dev.hosta.migration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.linux.Durable;
import dev.hosta.linux.LinuxException;
import dev.hosta.snapshot.RecordCodec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * What one side has decided, in a file {@code migration} of a folder; it is on the disk before
 * anybody is told.
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
        RUNNING,
        /** Of the destination: it never ran the guest, and never will. */
        ABORTED
    }

    /**
     * The lease of one disk, as this side wrote it.
     *
     * @param disk path on this side
     */
    record Lease(Path disk, long generation) {}

    /**
     * One decision.
     *
     * @param token of the hand-over
     * @param id of the migration
     * @param vm name of the guest on this side
     * @param address where the destination listens
     * @param leases of the disks that the guest writes
     */
    record Entry(
            Decision decision,
            String token,
            String id,
            String vm,
            String address,
            List<Lease> leases) {
        Entry decided(Decision next) {
            return new Entry(next, token, id, vm, address, leases);
        }
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
    void write(Entry entry) {
        Path next = folder.resolve(NEW_NAME);
        try {
            try (FileChannel file =
                    FileChannel.open(
                            next,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(Message.write(entry));
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
     * What was decided last; empty where nothing was.
     *
     * @throws MigrationException where it cannot be read
     */
    Optional<Entry> read() {
        Path file = folder.resolve(NAME);
        try (JsonParser json = new JsonFactory().createParser(Files.readAllBytes(file))) {
            json.nextToken();
            return Optional.of(RecordCodec.read(json, Entry.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | InvalidStateException e) {
            throw new MigrationException(
                    "Cannot read what was decided: " + file + ": " + e.getMessage() + ".", e);
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
