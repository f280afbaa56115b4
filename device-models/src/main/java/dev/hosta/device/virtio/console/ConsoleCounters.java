package dev.hosta.device.virtio.console;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What a console has done since it was made, all ports together; a reset does not clear them.
 *
 * @param toGuestBytes bytes that the guest was given
 * @param fromGuestBytes bytes that the host's ends took
 * @param droppedBytes bytes of the guest's that nobody was there to take
 * @param controls control messages that the driver was given
 * @param ignoredControls control messages of the driver's that mean nothing here
 * @param malformed times that the driver broke the queues' rules
 */
public record ConsoleCounters(
        long toGuestBytes,
        long fromGuestBytes,
        long droppedBytes,
        long controls,
        long ignoredControls,
        long malformed) {
    /** The same by name. */
    SequencedMap<String, Long> byName() {
        SequencedMap<String, Long> byName = new LinkedHashMap<>();
        byName.put("to_guest_bytes", toGuestBytes);
        byName.put("from_guest_bytes", fromGuestBytes);
        byName.put("dropped_bytes", droppedBytes);
        byName.put("control_messages", controls);
        byName.put("ignored_control_messages", ignoredControls);
        byName.put("malformed", malformed);
        return byName;
    }
}
