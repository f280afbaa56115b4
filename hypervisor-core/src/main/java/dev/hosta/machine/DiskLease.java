package dev.hosta.machine;

import dev.hosta.linux.DiskException;
import dev.hosta.linux.DiskLock;
import dev.hosta.linux.Durable;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * The file {@code DISK.hosta-lease} beside a disk that a guest writes, while that guest is handed
 * over from one host to another: to whom, and how often that was decided.
 *
 * <pre>
 *   hosta-lease 1 GENERATION TOKEN offered|handed-over|running
 * </pre>
 *
 * <p>Whoever decides names what it believes to stand there, and fails where something else does: of
 * two decisions one fails. Each takes a lock of the lease's own, writes a new file beside it and
 * renames that. A disk that nobody hands over has no such file.
 *
 * <p>Threading: one thread at a time; other processes may.
 */
public final class DiskLease {
    /** What stands behind the disk's name. */
    public static final String SUFFIX = ".hosta-lease";

    private static final String HEAD = "hosta-lease 1 ";

    /** Who may run the guest. */
    public enum Stage {
        /** The source, which runs it and would hand it over. */
        OFFERED("offered"),
        /** The destination, and it does not yet. */
        HANDED_OVER("handed-over"),
        /** The destination, which has begun to. */
        RUNNING("running");

        private final String word;

        Stage(String word) {
            this.word = word;
        }
    }

    /**
     * What the file says.
     *
     * @param generation how many decisions there were, 1 and up
     * @param token of the migration while offered, later of the hand-over: 32 hex digits
     */
    public record Terms(long generation, String token, Stage stage) {}

    private final Path disk;
    private final Path file;

    /**
     * The lease of a disk, there or not; beside the file itself where the path is a link to it.
     *
     * @throws DiskException where there is no such disk
     */
    public DiskLease(Path disk) {
        this.disk = disk;
        try {
            Path real = disk.toRealPath();
            this.file = real.resolveSibling(real.getFileName() + SUFFIX);
        } catch (IOException e) {
            throw new DiskException("Cannot use " + disk + " as a disk: " + e.getMessage() + ".");
        }
    }

    /** The disk. */
    public Path disk() {
        return disk;
    }

    /**
     * What it says; empty where there is none.
     *
     * @throws DiskException where it cannot be read, or is none
     */
    public Optional<Terms> read() {
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            // One that was locked for the first time, and not written.
            return text.isEmpty() ? Optional.empty() : Optional.of(parse(text));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DiskException("Cannot read " + file + ": " + e.getMessage() + ".");
        }
    }

    private Terms parse(String text) {
        if (text.startsWith(HEAD) && text.endsWith("\n")) {
            String[] words = text.substring(HEAD.length(), text.length() - 1).split(" ", -1);
            for (Stage stage : Stage.values()) {
                if (words.length == 3
                        && words[0].matches("[1-9][0-9]{0,17}")
                        && words[1].matches("[0-9a-f]{32}")
                        && words[2].equals(stage.word)) {
                    return new Terms(Long.parseLong(words[0]), words[1], stage);
                }
            }
        }
        throw new DiskException(
                "Cannot tell who may write "
                        + disk
                        + ": "
                        + file
                        + " is damaged. Delete it once no VM of this disk runs anywhere.");
    }

    /**
     * Decides anew.
     *
     * @param expected what stands there, as far as the caller knows
     * @param token of whom the disk is from now on
     * @return what stands there now, on the disk itself too
     * @throws DiskException where something else stands there, or it cannot be written
     */
    public Terms advance(Optional<Terms> expected, String token, Stage stage) {
        try (FileDescriptor _ = lock()) {
            require(expected);
            Terms next = new Terms(expected.map(Terms::generation).orElse(0L) + 1, token, stage);
            write(HEAD + next.generation() + " " + token + " " + stage.word + "\n");
            return next;
        } catch (LinuxException | IOException e) {
            throw cannot(e);
        }
    }

    /**
     * Takes it away: the hand-over is over.
     *
     * @param expected what stands there, as far as the caller knows
     * @throws DiskException where something else stands there, or the host cannot
     */
    public void remove(Terms expected) {
        try (FileDescriptor _ = lock()) {
            require(Optional.of(expected));
            Files.deleteIfExists(file);
            Durable.syncFolder(folder());
        } catch (LinuxException | IOException e) {
            throw cannot(e);
        }
    }

    private void require(Optional<Terms> expected) {
        Optional<Terms> found = read();
        if (!found.equals(expected)) {
            throw new DiskException(
                    "The disk "
                            + disk
                            + " was decided about elsewhere: its lease is "
                            + found.map(Terms::toString).orElse("gone")
                            + ".");
        }
    }

    private DiskException cannot(Exception e) {
        return new DiskException("Cannot change " + file + ": " + e.getMessage());
    }

    private Path folder() {
        return file.toAbsolutePath().getParent();
    }

    /** Waits for nobody: who has it decides at this moment. */
    private FileDescriptor lock() throws IOException {
        while (true) {
            FileDescriptor fd =
                    FileDescriptor.open(file, FileDescriptor.O_RDWR | FileDescriptor.O_CREAT);
            try {
                if (!DiskLock.tryTake(fd, false)) {
                    throw new DiskException(
                            "The disk " + disk + " is being decided about by another process.");
                }
                if (isStill(fd)) {
                    return fd;
                }
                fd.close();
            } catch (RuntimeException | IOException e) {
                fd.close();
                throw e;
            }
        }
    }

    /** Whether the open file is what stands under the name, which another may have replaced. */
    private boolean isStill(FileDescriptor fd) throws IOException {
        try {
            return identity(Path.of("/proc/self/fd/" + fd.number())).equals(identity(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Map<String, Object> identity(Path path) throws IOException {
        return Files.readAttributes(path, "unix:ino,dev");
    }

    private void write(String text) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            put(next, text);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (LinuxException | IOException e) {
            // What could not be written whole is of no use to anybody.
            Files.deleteIfExists(next);
            throw e;
        }
        Durable.syncFolder(folder());
    }

    private static void put(Path next, String text) {
        int flags = FileDescriptor.O_WRONLY | FileDescriptor.O_CREAT | FileDescriptor.O_TRUNC;
        try (FileDescriptor fd = FileDescriptor.open(next, flags);
                Arena arena = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            MemorySegment segment = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
            fd.writeAt(segment, 0);
            Durable.sync(fd);
        }
    }

    /**
     * Passes where a guest may begin with the disk, which the caller has locked: nobody hands it
     * over, or who did has ended before it did, or the guest has begun there and ended; what is
     * left of that goes.
     *
     * @throws DiskException where a guest on its way has it
     */
    void requireFree() {
        Optional<Terms> found = read();
        if (found.isEmpty()) {
            return;
        }
        switch (found.get().stage()) {
            case OFFERED, RUNNING -> remove(found.get());
            case HANDED_OVER ->
                    throw new DiskException(
                            "Cannot use "
                                    + disk
                                    + " as a disk: its guest was handed over to another host and"
                                    + " has not begun there. Settle that with 'hosta migrate NAME"
                                    + " --resolve', or delete "
                                    + file
                                    + " once that guest is given up on both hosts.");
        }
    }
}
