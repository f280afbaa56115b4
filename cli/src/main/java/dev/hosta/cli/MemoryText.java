package dev.hosta.cli;

import dev.hosta.linux.HugePages;
import dev.hosta.machine.ByteSize;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.SpecException;

import java.util.List;

/** The value of {@code --memory}: {@code SIZE[,hugepages=2M|1G][,prealloc]}. */
final class MemoryText {
    private static final String HUGE_PAGES = "hugepages=";

    private MemoryText() {}

    /**
     * Reads it.
     *
     * @throws SpecException where a part is none of these, or the size does not fit the pages
     */
    static MemorySpec parse(String text) {
        String[] parts = text.split(",", -1);
        long sizeBytes = ByteSize.parse(parts[0]);
        HugePages hugePages = HugePages.NONE;
        boolean prealloc = false;
        for (String part : List.of(parts).subList(1, parts.length)) {
            if (part.startsWith(HUGE_PAGES)) {
                hugePages = MemorySpec.parseHugePages(part.substring(HUGE_PAGES.length()));
            } else if (part.equals("prealloc")) {
                prealloc = true;
            } else {
                throw new SpecException(
                        "Memory takes SIZE, hugepages=2M|1G and prealloc: '" + part + "'.");
            }
        }
        return new MemorySpec(sizeBytes, hugePages, prealloc);
    }
}
