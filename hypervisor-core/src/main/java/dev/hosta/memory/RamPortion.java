package dev.hosta.memory;

import java.util.ArrayList;
import java.util.List;

/**
 * As much of RAM as is {@linkplain GuestRam#fold folded} in one short pause of the guest.
 *
 * @param offset bytes from the start of RAM, whole pages
 * @param lengthBytes whole pages
 */
public record RamPortion(long offset, long lengthBytes) {
    /** So much is copied in a few milliseconds. */
    private static final long MOST_OWN_BYTES = 4 << 20;

    /** The guest may write all of a portion until it stands still. */
    private static final long MOST_BYTES = 64 << 20;

    /** Offset of the first byte behind it. */
    public long endOffset() {
        return offset + lengthBytes;
    }

    /** All of RAM, cut where there is enough to copy. */
    static List<RamPortion> of(long sizeBytes, DirtySet own) {
        List<RamPortion> portions = new ArrayList<>();
        for (long at = 0; at < sizeBytes; ) {
            long end = endFrom(at, Math.min(at + MOST_BYTES, sizeBytes), own);
            portions.add(new RamPortion(at, end - at));
            at = end;
        }
        return portions;
    }

    private static long endFrom(long from, long end, DirtySet own) {
        long page = own.nextFrom(from);
        for (long bytes = 0; page >= 0 && page < end; page = own.nextFrom(page)) {
            page += PageSize.SIZE_4K.bytes();
            bytes += PageSize.SIZE_4K.bytes();
            if (bytes == MOST_OWN_BYTES) {
                return page;
            }
        }
        return end;
    }
}
