package dev.hosta.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A file that one process at a time holds, and that names this process.
 *
 * <p>The hold is a lock on the open file ({@code F_OFD_SETLK}): the kernel lets go of it when the
 * process ends, however it ends, so that a file left behind is just taken over. Such a lock also
 * keeps two holders in one process apart.
 *
 * <p>Threading: any thread; {@link #close} once.
 */
public final class PidFile implements AutoCloseable {
    private static final int F_OFD_SETLK = 37;
    private static final short F_WRLCK = 1;
    // struct flock: l_type, l_whence, 4 bytes of padding, l_start, l_len (0 is all), l_pid.
    private static final int FLOCK_BYTES = 32;
    // A fixed width, so that a shorter number leaves nothing of a longer one.
    private static final int TEXT_BYTES = 32;

    private final Path path;
    private final FileDescriptor fd;

    private PidFile(Path path, FileDescriptor fd) {
        this.path = path;
        this.fd = fd;
    }

    /** The number of this process. */
    public static int ownPid() {
        return Native.LIBC.getpid();
    }

    /**
     * Takes the file, or makes it.
     *
     * @return empty where another holder has it
     * @throws LinuxException where it can be neither opened nor locked; {@link Errno#ENOENT} when
     *     its folder is not there
     */
    public static Optional<PidFile> tryHold(Path path) {
        while (true) {
            FileDescriptor fd =
                    FileDescriptor.open(path, FileDescriptor.O_RDWR | FileDescriptor.O_CREAT);
            try {
                if (!lock(fd)) {
                    fd.close();
                    return Optional.empty();
                }
                // The nonce tells this file from one that replaced it between open and lock.
                String text = ownPid() + " " + System.nanoTime();
                text = text + " ".repeat(Math.max(0, TEXT_BYTES - 1 - text.length())) + "\n";
                writeOrDelete(path, fd, text);
                if (read(path).startsWith(text)) {
                    return Optional.of(new PidFile(path, fd));
                }
                fd.close();
            } catch (LinuxException e) {
                fd.close();
                throw e;
            }
        }
    }

    /** On a full disk a file that names nobody is left to nobody. */
    private static void writeOrDelete(Path path, FileDescriptor fd, String text) {
        try {
            write(fd, text);
        } catch (LinuxException e) {
            path.toFile().delete();
            throw e;
        }
    }

    /** The process that the file names; empty where there is no file, or nothing in it yet. */
    public static OptionalInt holder(Path path) {
        String text = read(path);
        int end = text.indexOf(' ');
        try {
            return end < 0
                    ? OptionalInt.empty()
                    : OptionalInt.of(Integer.parseInt(text, 0, end, 10));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    private static boolean lock(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, F_WRLCK);
            if (Native.LIBC.fcntl(fd.number(), F_OFD_SETLK, flock.address()) >= 0) {
                return true;
            }
        }
        int errno = Native.errno();
        if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
            return false;
        }
        throw new LinuxException("lock " + fd, "fcntl F_OFD_SETLK", errno, "");
    }

    private static void write(FileDescriptor fd, String text) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            MemorySegment segment = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
            fd.writeAt(segment, 0);
        }
    }

    private static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new LinuxException("read " + path, "read", Errno.EIO, e.getMessage());
        }
    }

    /** Deletes the file and lets go of it. */
    @Override
    public void close() {
        // In this order: who opens the file before it is gone finds it locked, or not the same.
        path.toFile().delete();
        fd.close();
    }
}
