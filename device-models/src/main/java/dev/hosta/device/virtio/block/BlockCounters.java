package dev.hosta.device.virtio.block;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What a disk has done since it was made; a reset does not clear them.
 *
 * @param reads reads that succeeded
 * @param readBytes bytes that they read
 * @param writes writes that succeeded
 * @param writtenBytes bytes that they wrote
 * @param flushes flushes that succeeded
 * @param discards discards and write-zeroes that succeeded
 * @param errors requests that ended with another status than OK
 * @param malformed times that the driver broke the queue's rules
 */
public record BlockCounters(
        long reads,
        long readBytes,
        long writes,
        long writtenBytes,
        long flushes,
        long discards,
        long errors,
        long malformed) {
    /** The same by name. */
    SequencedMap<String, Long> byName() {
        SequencedMap<String, Long> byName = new LinkedHashMap<>();
        byName.put("read_ops", reads);
        byName.put("read_bytes", readBytes);
        byName.put("write_ops", writes);
        byName.put("write_bytes", writtenBytes);
        byName.put("flush_ops", flushes);
        byName.put("discard_ops", discards);
        byName.put("errors", errors);
        byName.put("malformed", malformed);
        return byName;
    }
}
