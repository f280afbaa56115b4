package dev.hosta.migration;

import dev.hosta.linux.Errno;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PidFile;
import dev.hosta.migration.HandOverRecord.Entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What this host has decided of guests that came to it: a folder for each hand-over, by its token,
 * which outlives the process that decided and is held by it while it lives.
 *
 * <p>Threading: any thread; other processes may look and hold, too.
 */
final class ArrivalRecords {
    private static final String LOCK = "lock";

    private final Path root;

    /** In a folder that need not be there. */
    ArrivalRecords(Path root) {
        this.root = root;
    }

    /** One of them, held by this process. */
    static final class Held implements AutoCloseable {
        private final Path folder;
        private final PidFile lock;
        private final HandOverRecord record;
        private boolean closed;

        private Held(Path folder, PidFile lock) {
            this.folder = folder;
            this.lock = lock;
            this.record = new HandOverRecord(folder);
        }

        /** As {@link HandOverRecord#write}. */
        void write(Entry entry) {
            record.write(entry);
        }

        /** As {@link HandOverRecord#prepare}. */
        void prepare(Entry entry) {
            record.prepare(entry);
        }

        /** As {@link HandOverRecord#read}. */
        Optional<Entry> read() {
            return record.read();
        }

        /** All is known to all: it goes. */
        void remove() {
            record.remove();
            close();
        }

        /** Lets go of it; what was decided stays. Idempotent. */
        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            record.close();
            lock.close();
            // Goes where nothing stands in it any more.
            folder.toFile().delete();
        }
    }

    /**
     * Begins one.
     *
     * @throws MigrationException where the host does not allow it
     */
    Held begin(String token) {
        Path folder = root.resolve(Tokens.require(token));
        try {
            sweep();
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            return hold(folder)
                    .orElseThrow(() -> new MigrationException("The record is held: " + folder));
        } catch (IOException | LinuxException e) {
            throw new MigrationException(
                    "Cannot write down what is decided: " + e.getMessage() + ".", e);
        }
    }

    /** Removes what was begun by processes that have ended before they promised anything. */
    private void sweep() {
        for (String token : tokens()) {
            Path folder = root.resolve(token);
            if (!Files.exists(folder.resolve(HandOverRecord.NAME))
                    && Files.exists(folder.resolve(LOCK))) {
                sweep(folder);
            }
        }
    }

    private static void sweep(Path folder) {
        try {
            hold(folder)
                    .ifPresent(
                            held -> {
                                // Looked at again, as it may have promised meanwhile.
                                if (held.read().isPresent()) {
                                    held.close();
                                } else {
                                    held.remove();
                                }
                            });
        } catch (LinuxException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    private String[] tokens() {
        return Objects.requireNonNullElse(root.toFile().list(), new String[0]);
    }

    private static Optional<Held> hold(Path folder) {
        return PidFile.tryHold(folder.resolve(LOCK)).map(lock -> new Held(folder, lock));
    }

    /**
     * Takes over one whose process has ended.
     *
     * @return empty where there is none
     * @throws MigrationException where its process lives
     */
    Optional<Held> find(String token) {
        Path folder = root.resolve(Tokens.require(token));
        try {
            Optional<Held> held = hold(folder);
            if (held.isEmpty()) {
                throw new MigrationException(
                        "The guest is in the hands of another process of this host.");
            }
            return held;
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw new MigrationException("Cannot look up a record: " + e.getMessage() + ".", e);
        }
    }

    /** What was decided of guests of a name, whether their processes live or not. */
    List<Entry> of(String vm) {
        return Arrays.stream(tokens())
                .sorted()
                .flatMap(token -> new HandOverRecord(root.resolve(token)).read().stream())
                .filter(entry -> entry.vm().equals(vm))
                .toList();
    }
}
