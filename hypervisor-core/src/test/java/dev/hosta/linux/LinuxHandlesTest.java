package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Owners, bounds and messages of descriptors and mappings. */
class LinuxHandlesTest {
    @Test
    void aMissingFileIsNamed() {
        LinuxException e =
                assertThrows(
                        LinuxException.class,
                        () -> FileDescriptor.open("/no/such/file", FileDescriptor.O_RDONLY));
        assertEquals("Cannot open /no/such/file: open failed, errno=ENOENT(2).", e.getMessage());
        assertEquals("open", e.call());
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals("errno(133)", Errno.describe(133));
    }

    @Test
    void aDescriptorIsReadAndWrittenUntilClosed(@TempDir Path directory) {
        Path file = directory.resolve("f");
        int flags = FileDescriptor.O_RDWR | FileDescriptor.O_CREAT | FileDescriptor.O_EXCL;
        FileDescriptor fd = FileDescriptor.open(file, flags);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment hello = arena.allocateFrom("hello");
            assertEquals(6, fd.write(hello));
            assertEquals(6, fd.writeAt(hello, 100));
            MemorySegment back = arena.allocate(10);
            assertEquals(6, fd.readAt(back, 100));
            assertEquals("hello", back.getString(0));
            assertEquals(0, fd.readAt(back, 106));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> fd.write(MemorySegment.ofArray(new byte[1])));
            fd.close();
            fd.close();
            assertTrue(fd.isClosed());
            assertThrows(IllegalStateException.class, fd::number);
            assertThrows(IllegalStateException.class, () -> fd.read(back));
        }
    }

    @Test
    void aBorrowedDescriptorStaysOpen() {
        try (FileDescriptor owner = FileDescriptor.open("/dev/null", FileDescriptor.O_RDWR)) {
            FileDescriptor.borrowing(owner.number()).close();
            assertFalse(Terminal.isTerminal(owner));
            try (Arena arena = Arena.ofConfined()) {
                assertEquals(0, owner.read(arena.allocate(1)));
            }
        }
    }

    @Test
    void ioctlAnswersErrnoWithoutAnException() {
        try (FileDescriptor fd = FileDescriptor.open("/dev/null", FileDescriptor.O_RDWR)) {
            assertEquals(-Errno.ENOTTY, fd.ioctl(0x5401, 0));
        }
    }

    @Test
    void aMappingEndsWithItsOwner() {
        MappedMemory memory = MappedMemory.anonymous(8192);
        MemorySegment segment = memory.segment();
        segment.set(ValueLayout.JAVA_LONG, 8184, 42);
        assertEquals(memory.hva(), segment.address());
        assertThrows(
                IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_LONG, 8185));
        memory.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void memfdIsSharedSizedAndPreallocated() {
        try (FileDescriptor fd = Memfd.create("ram", 1 << 20, HugePages.NONE)) {
            Memfd.preallocate(fd, 1 << 20);
            try (MappedMemory writer = MappedMemory.shared(fd, 0, 1 << 20, true);
                    MappedMemory reader = MappedMemory.shared(fd, 4096, 4096, false)) {
                writer.segment().set(ValueLayout.JAVA_INT, 4096, 7);
                assertEquals(7, reader.segment().get(ValueLayout.JAVA_INT, 0));
                assertTrue(reader.segment().isReadOnly());
            }
        }
    }

    @Test
    void tooMuchMemoryIsRefusedWithAHint() {
        long bytes = HostInfo.totalBytes() * 2 >> 21 << 21;
        LinuxException e =
                assertThrows(
                        LinuxException.class,
                        () -> {
                            try (FileDescriptor fd =
                                    Memfd.create("huge", bytes, HugePages.SIZE_2M)) {
                                Memfd.preallocate(fd, bytes);
                            }
                        });
        assertTrue(e.hint().contains("huge pages"), e.getMessage());
    }

    @Test
    void hostMemoryIsPlausible() {
        assertTrue(HostInfo.totalBytes() > HostInfo.availableBytes());
        assertTrue(HostInfo.availableBytes() > 1 << 20);
        assertTrue(HostInfo.freePages(HugePages.NONE).orElseThrow() > 0);
    }
}
