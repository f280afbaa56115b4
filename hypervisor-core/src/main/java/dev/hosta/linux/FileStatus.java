package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * What {@code statx(2)} tells of a file.
 *
 * @param kind what it is
 * @param sizeBytes its size; 0 for a block device
 */
record FileStatus(Kind kind, long sizeBytes) {
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_BYTES = 256;
    private static final int STX_MODE = 28;
    private static final int STX_SIZE = 40;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFDIR = 0x4000;

    /** What a file can be, as far as disks care. */
    enum Kind {
        FILE,
        BLOCK_DEVICE,
        FOLDER,
        OTHER
    }

    /** Of a path, through symbolic links. */
    static FileStatus of(Path path) {
        return ask(AT_FDCWD, path.toString(), 0, path.toString());
    }

    /** Of an open file. */
    static FileStatus of(FileDescriptor fd) {
        return ask(fd.number(), "", AT_EMPTY_PATH, fd.toString());
    }

    private static FileStatus ask(int folder, String path, int flags, String shown) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statx = arena.allocate(STATX_BYTES, 8);
            long name = arena.allocateFrom(path).address();
            int result = Native.LIBC.statx(folder, name, flags, STATX_BASIC_STATS, statx.address());
            Native.checked(result, "look at " + shown, "statx");
            int mode = statx.get(ValueLayout.JAVA_SHORT, STX_MODE) & 0xffff;
            Kind kind =
                    switch (mode & S_IFMT) {
                        case S_IFREG -> Kind.FILE;
                        case S_IFBLK -> Kind.BLOCK_DEVICE;
                        case S_IFDIR -> Kind.FOLDER;
                        default -> Kind.OTHER;
                    };
            return new FileStatus(kind, statx.get(ValueLayout.JAVA_LONG, STX_SIZE));
        }
    }
}
