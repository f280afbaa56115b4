package dev.hosta.device.virtio.net;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What a network device has done since it was made; a reset does not clear them. Bytes are those of
 * frames without their headers.
 *
 * @param rxFrames frames that the guest received
 * @param rxBytes their bytes
 * @param rxFiltered frames that were not for the guest
 * @param rxDropped frames that did not fit the guest's buffers, or were none
 * @param txFrames frames that the guest sent
 * @param txBytes their bytes
 * @param txDropped frames that the guest could not have meant: of bad length, or asking for what
 *     was not agreed
 * @param malformed times that the driver broke the queues' rules
 */
public record NetCounters(
        long rxFrames,
        long rxBytes,
        long rxFiltered,
        long rxDropped,
        long txFrames,
        long txBytes,
        long txDropped,
        long malformed) {
    /** The same by name. */
    SequencedMap<String, Long> byName() {
        SequencedMap<String, Long> byName = new LinkedHashMap<>();
        byName.put("rx_frames", rxFrames);
        byName.put("rx_bytes", rxBytes);
        byName.put("rx_filtered", rxFiltered);
        byName.put("rx_dropped", rxDropped);
        byName.put("tx_frames", txFrames);
        byName.put("tx_bytes", txBytes);
        byName.put("tx_dropped", txDropped);
        byName.put("malformed", malformed);
        return byName;
    }
}
