package dev.hosta.linux;

import java.lang.foreign.Arena;

/**
 * Anonymous files: memory that several processes can map and KVM can back a guest with.
 *
 * <p>Threading: any thread.
 */
public final class Memfd {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_HUGETLB = 4;
    private static final int MFD_HUGE_SHIFT = 26;

    private Memfd() {}

    /**
     * Creates a memfd of a size. No page is taken yet.
     *
     * @param name for people, seen in /proc/PID/maps; at most 249 bytes
     * @param sizeBytes a multiple of the page size
     * @throws LinuxException where the kernel refuses
     */
    public static FileDescriptor create(String name, long sizeBytes, HugePages pages) {
        try (Arena arena = Arena.ofConfined()) {
            int huge = pages == HugePages.NONE ? 0 : MFD_HUGETLB | pages.log2() << MFD_HUGE_SHIFT;
            int flags = MFD_CLOEXEC | huge;
            int fd = Native.LIBC.memfd_create(arena.allocateFrom(name).address(), flags);
            if (fd < 0) {
                throw failure(sizeBytes, "memfd_create", Native.errno(), pages);
            }
            FileDescriptor memfd = FileDescriptor.owning(fd);
            if (Native.LIBC.ftruncate(fd, sizeBytes) < 0) {
                int errno = Native.errno();
                memfd.close();
                throw failure(sizeBytes, "ftruncate", errno, pages);
            }
            return memfd;
        }
    }

    /**
     * Takes all pages of {@code [0, sizeBytes)} now, so that the guest never waits for one and a
     * lack of memory shows at start.
     *
     * @throws LinuxException where the host has too few
     */
    public static void preallocate(FileDescriptor memfd, long sizeBytes) {
        int result;
        do {
            result = Native.LIBC.fallocate(memfd.number(), 0, 0, sizeBytes);
        } while (result < 0 && Native.errno() == Errno.EINTR);
        if (result < 0) {
            int errno = Native.errno();
            String hint =
                    errno == Errno.ENOMEM || errno == Errno.ENOSPC
                            ? "The host has too little free memory, or too few free huge pages"
                                    + " (HugePages_Free in /proc/meminfo)."
                            : "";
            throw new LinuxException(
                    "preallocate " + sizeBytes + " bytes of guest memory",
                    "fallocate",
                    errno,
                    hint);
        }
    }

    private static LinuxException failure(long sizeBytes, String call, int errno, HugePages pages) {
        String hint = "";
        if (pages != HugePages.NONE) {
            String size = pages == HugePages.SIZE_2M ? "2M" : "1G";
            hint =
                    switch (errno) {
                        case Errno.EINVAL ->
                                "The size must be a multiple of "
                                        + size
                                        + ", and the host must"
                                        + " offer huge pages of that size"
                                        + " (/sys/kernel/mm/hugepages).";
                        case Errno.ENOMEM, Errno.ENODEV, Errno.ENOENT, Errno.EOPNOTSUPP ->
                                "The host offers no huge pages of "
                                        + size
                                        + "; see nr_hugepages in /sys/kernel/mm/hugepages.";
                        default -> "";
                    };
        }
        return new LinuxException(
                "create guest memory of " + sizeBytes + " bytes", call, errno, hint);
    }
}
