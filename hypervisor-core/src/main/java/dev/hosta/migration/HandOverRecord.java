package dev.hosta.migration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.linux.Durable;
import dev.hosta.linux.FileDescriptor;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What one side has decided, in a file {@code migration} of a folder; it is on the disk before
 * anybody is told.
 *
 * <p>Threading: one thread at a time.
 */
final class HandOverRecord implements AutoCloseable {
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
     * The lease of one disk, as this side wrote or found it when the entry was made up.
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
    private final Map<Decision, Entry> prepared = new EnumMap<>(Decision.class);
    private Optional<FileDescriptor> open = Optional.empty();

    HandOverRecord(Path folder) {
        this.folder = folder;
    }

    /**
     * Has a decision on the disk that is not made yet: to {@link #write} it takes a rename then,
     * for which a host need have neither descriptors nor room on its disk.
     *
     * @throws MigrationException where it cannot be written
     */
    void prepare(Entry entry) {
        try {
            if (open.isEmpty()) {
                open = Optional.of(FileDescriptor.open(folder, FileDescriptor.O_RDONLY));
            }
            put(prepared(entry.decision()), entry);
            Durable.sync(open.get());
            prepared.put(entry.decision(), entry);
        } catch (IOException | LinuxException e) {
            throw notWritten(e);
        }
    }

    private Path prepared(Decision decision) {
        return folder.resolve(NAME + "." + decision.name().toLowerCase(Locale.ROOT));
    }

    /**
     * Returns once the decision is on the disk.
     *
     * @throws MigrationException where it cannot be written
     */
    void write(Entry entry) {
        try {
            Path next = folder.resolve(NEW_NAME);
            if (entry.equals(prepared.remove(entry.decision()))) {
                next = prepared(entry.decision());
            } else {
                put(next, entry);
            }
            if (open.isPresent()) {
                Durable.replace(open.get(), next, folder.resolve(NAME));
            } else {
                Files.move(next, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
                Durable.syncFolder(folder);
            }
        } catch (IOException | LinuxException e) {
            throw notWritten(e);
        }
    }

    private static void put(Path file, Entry entry) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(Message.write(entry));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    private static MigrationException notWritten(Exception e) {
        return new MigrationException(
                "Cannot write down what was decided: " + e.getMessage() + ".", e);
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
     * Removes the record, and what was prepared; idempotent.
     *
     * @throws MigrationException where the host cannot
     */
    void remove() {
        try {
            Files.deleteIfExists(folder.resolve(NAME));
            Files.deleteIfExists(folder.resolve(NEW_NAME));
            for (Decision decision : Decision.values()) {
                Files.deleteIfExists(prepared(decision));
            }
        } catch (IOException e) {
            throw new MigrationException("Cannot remove a record: " + e.getMessage() + ".", e);
        }
    }

    /** Lets go of the folder; what was decided stays. Idempotent. */
    @Override
    public void close() {
        open.ifPresent(FileDescriptor::close);
        open = Optional.empty();
        prepared.clear();
    }
}
