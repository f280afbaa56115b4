package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jnr.ffi.LibraryLoader;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * jnr-ffi 2.2.19 on x86-64 hands over garbage as the sixth of exactly six integer parameters. Our
 * binding of mmap must not meet that, and nobody may declare another such function.
 */
class MmapBindingTest {
    private static final int PROT_READ = 1;
    private static final int MAP_SHARED = 1;
    private static final int PAGE = 4096;
    private static final int PAGES = 16;

    /** The declaration that one would write first. */
    public interface NaiveLibC {
        long mmap(long address, long sizeBytes, int protection, int flags, int fd, long offset);
    }

    @Test
    void mappedMemoryHandsTheOffsetOver() {
        try (FileDescriptor fd = numberedPages()) {
            for (int page = 0; page < PAGES; page++) {
                try (MappedMemory one = MappedMemory.shared(fd, (long) page * PAGE, PAGE, false)) {
                    assertEquals(page, one.segment().get(ValueLayout.JAVA_INT, 0));
                }
            }
        }
    }

    @Test
    void anOffsetBeyondFourGibibytesArrivesWhole() {
        long offset = (5L << 30) + PAGE;
        try (FileDescriptor fd = Memfd.create("sparse", offset + PAGE, HugePages.NONE)) {
            try (MappedMemory last = MappedMemory.shared(fd, offset, PAGE, true)) {
                last.segment().set(ValueLayout.JAVA_INT, 8, 0x1234_5678);
            }
            try (MappedMemory last = MappedMemory.shared(fd, offset, PAGE, false)) {
                assertEquals(0x1234_5678, last.segment().get(ValueLayout.JAVA_INT, 8));
            }
        }
    }

    @Test
    void theNaiveDeclarationIsStillWrong() {
        // When this fails, jnr-ffi is mended: drop the Pointer in LibC.mmap, and this class.
        NaiveLibC naive = LibraryLoader.create(NaiveLibC.class).load("c");
        try (FileDescriptor fd = numberedPages()) {
            int right = 0;
            for (int page = 1; page < PAGES; page++) {
                long at =
                        naive.mmap(0, PAGE, PROT_READ, MAP_SHARED, fd.number(), (long) page * PAGE);
                if (at != -1) {
                    int found = Native.segment(at, PAGE).get(ValueLayout.JAVA_INT, 0);
                    right += found == page ? 1 : 0;
                    Native.LIBC.munmap(at, PAGE);
                }
            }
            assertTrue(right < PAGES - 1, "The sixth parameter arrived " + right + " times");
        }
    }

    @Test
    void noBoundFunctionHasSixIntegers() {
        boolean found =
                Arrays.stream(LibC.class.getMethods())
                        .anyMatch(
                                m ->
                                        m.getParameterCount() == 6
                                                && Arrays.stream(m.getParameterTypes())
                                                        .allMatch(Class::isPrimitive));
        assertEquals(false, found);
    }

    @Test
    void aFailedMappingThrowsBeforeItCanBeTouched() {
        try (FileDescriptor fd = numberedPages()) {
            LinuxException e =
                    assertThrows(
                            LinuxException.class, () -> MappedMemory.shared(fd, 1, PAGE, false));
            assertEquals(Errno.EINVAL, e.errno());
            assertEquals(
                    "Cannot map 4096 bytes at offset 0x1: mmap failed, errno=EINVAL(22)."
                            + " Size and offset must be multiples of the page size in use.",
                    e.getMessage());
        }
    }

    private static FileDescriptor numberedPages() {
        FileDescriptor fd = Memfd.create("numbered", (long) PAGES * PAGE, HugePages.NONE);
        try (MappedMemory all = MappedMemory.shared(fd, 0, (long) PAGES * PAGE, true)) {
            for (int page = 0; page < PAGES; page++) {
                all.segment().set(ValueLayout.JAVA_INT, (long) page * PAGE, page);
            }
        }
        return fd;
    }
}
