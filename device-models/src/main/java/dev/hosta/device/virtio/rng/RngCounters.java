package dev.hosta.device.virtio.rng;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What a source of random bytes has done since it was made; a reset does not clear them.
 *
 * @param requests buffers that were filled
 * @param bytes bytes that the guest was given
 * @param throttled times that a buffer had to wait for the rate limit
 * @param malformed times that the driver broke the queue's rules
 */
public record RngCounters(long requests, long bytes, long throttled, long malformed) {
    /** The same by name. */
    SequencedMap<String, Long> byName() {
        SequencedMap<String, Long> byName = new LinkedHashMap<>();
        byName.put("requests", requests);
        byName.put("bytes", bytes);
        byName.put("throttled", throttled);
        byName.put("malformed", malformed);
        return byName;
    }
}
