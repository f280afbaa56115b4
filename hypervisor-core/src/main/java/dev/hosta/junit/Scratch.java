package dev.hosta.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A folder for what a guest needs beside it, made when it is first asked for.
 *
 * <p>Threading: one thread at a time.
 */
final class Scratch implements AutoCloseable {
    /** Of its name, which goes on with letters and digits. */
    static final String PREFIX = "hosta-junit-" + ProcessHandle.current().pid() + "-";

    private Optional<Path> folder = Optional.empty();

    /** The folder. */
    Path folder() {
        if (folder.isEmpty()) {
            try {
                folder = Optional.of(Files.createTempDirectory(PREFIX));
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot make a temporary folder: " + e, e);
            }
        }
        return folder.get();
    }

    /** Deletes it with all that is in it. Idempotent. */
    @Override
    public void close() {
        if (folder.isEmpty()) {
            return;
        }
        Path gone = folder.get();
        folder = Optional.empty();
        try {
            Files.walkFileTree(gone, new Deletion());
        } catch (IOException e) {
            System.getLogger(Scratch.class.getName())
                    .log(System.Logger.Level.WARNING, "Cannot delete {0}: {1}", gone, e);
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, IOException failure)
                throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
        }
    }
}
