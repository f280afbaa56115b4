package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.function.ToLongFunction;

/** The direct binding and jnr-ffi's own answer alike, errno included. */
class DirectLibCTest {
    private static final int NO_SUCH_FD = 0x7fff_ffff;

    /** Calls that change nothing, of every number of parameters. */
    private static final List<ToLongFunction<LibC>> CALLS =
            List.of(
                    LibC::getpid,
                    LibC::gettid,
                    c -> c.close(NO_SUCH_FD),
                    c -> c.epoll_create1(-1),
                    c -> c.ftruncate(NO_SUCH_FD, -1),
                    c -> c.munmap(1, 4096),
                    c -> c.mremap(1, 4096, 4096, 3, 4096),
                    c -> c.fsync(NO_SUCH_FD),
                    c -> c.lseek(NO_SUCH_FD, 1L << 40, 3),
                    c -> c.renameat2(-1, 0, -1, 0, 0),
                    c -> c.ioctl(NO_SUCH_FD, 0xae00, 0),
                    c -> c.madvise(4096, 4096, 12345),
                    c -> c.tgkill(-1, -1, 0),
                    c -> c.pread(NO_SUCH_FD, 0, 1, 1L << 40),
                    c -> c.fallocate(NO_SUCH_FD, 0, 0, 1L << 40),
                    c -> c.mmap(null, 4096, 1, 1, NO_SUCH_FD, 4096));

    @Test
    void agreesWithJnrFfi() {
        LibC jnr = LibraryLoader.create(LibC.class).load("c");
        Runtime runtime = Runtime.getSystemRuntime();
        for (ToLongFunction<LibC> call : CALLS) {
            long expected = call.applyAsLong(jnr);
            int expectedErrno = runtime.getLastError();
            assertEquals(expected, call.applyAsLong(Native.LIBC));
            if (expected < 0) {
                assertEquals(expectedErrno, Native.errno());
            }
        }
    }
}
