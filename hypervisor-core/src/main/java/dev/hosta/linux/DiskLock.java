package dev.hosta.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Locks on whole files that belong to the open file, not to the process: many readers or one
 * writer. The kernel lets go of them with the last descriptor, however the process ends.
 *
 * <p>Source: fcntl(2), open file description locks.
 */
public final class DiskLock {
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    /** {@code struct flock} with 64-bit offsets; start and length 0 mean the whole file. */
    private static final int FLOCK_BYTES = 32;

    private DiskLock() {}

    /**
     * Takes the lock, or sees that it is taken.
     *
     * @param shared among readers
     * @return whether it was free
     * @throws LinuxException where the file system has no locks
     */
    public static boolean tryTake(FileDescriptor fd, boolean shared) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, shared ? F_RDLCK : F_WRLCK);
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

    /** Lets go of the lock, whoever else has the open file still: the kernel's ring, for one. */
    static void release(FileDescriptor fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, F_UNLCK);
            Native.checked(
                    Native.LIBC.fcntl(fd.number(), F_OFD_SETLK, flock.address()),
                    "unlock " + fd,
                    "fcntl F_OFD_SETLK");
        }
    }

    /**
     * Looks for the process that holds a lock on a file. The kernel does not name the holder of
     * such a lock, but /proc shows each process's open files and the locks on them.
     *
     * @param ownFd a descriptor of this process's that does not count
     * @return empty where no process that this one may look into has it
     */
    static OptionalLong holder(Path file, int ownFd) {
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            Path wanted = file.toRealPath();
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                if (holds(process, wanted, pid == PidFile.ownPid() ? ownFd : -1)) {
                    return OptionalLong.of(pid);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Processes come and go; without a name the message is still right.
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private static boolean holds(Path process, Path wanted, int exceptFd) {
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path fd : fds) {
                String number = fd.getFileName().toString();
                if (!number.equals(Integer.toString(exceptFd))
                        && Files.readSymbolicLink(fd).equals(wanted)
                        && Files.readString(process.resolve("fdinfo").resolve(number))
                                .contains("\nlock:")) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Another user's process, or one that ended meanwhile.
            return false;
        }
        return false;
    }
}
