package dev.hosta.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How much memory the host has, from /proc/meminfo and /sys/kernel/mm/hugepages.
 *
 * <p>Threading: any thread; each call reads anew.
 */
public final class HostInfo {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/hugepages");

    private HostInfo() {}

    /** Bytes of RAM. */
    public static long totalBytes() {
        return meminfo("MemTotal:").orElseThrow();
    }

    /** Bytes that can be had without swapping, as the kernel estimates. */
    public static long availableBytes() {
        return meminfo("MemAvailable:").orElseThrow();
    }

    /** Free pages of the host's pool of that size; empty where the host has no such pages. */
    public static OptionalLong freePages(HugePages size) {
        if (size == HugePages.NONE) {
            return OptionalLong.of(availableBytes() >> 12);
        }
        Path free =
                HUGE_PAGES.resolve("hugepages-" + (size.sizeBytes() >> 10) + "kB/free_hugepages");
        if (!Files.isReadable(free)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(text(free).strip()));
    }

    private static OptionalLong meminfo(String key) {
        for (String line : text(MEMINFO).split("\n")) {
            if (line.startsWith(key)) {
                String kib = line.substring(key.length()).replace("kB", "").strip();
                return OptionalLong.of(Long.parseLong(kib) << 10);
            }
        }
        return OptionalLong.empty();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + file, e);
        }
    }
}
