package dev.hosta.device.virtio;

import dev.hosta.device.backend.Polled;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A virtio device as its transport sees it: device id, features, configuration and queues.
 *
 * <pre>
 *   idle ──activate──> active ──reset──> idle
 *                       │  ^
 *                  pause│  │resume        (pause and resume are also allowed while idle)
 *                       v  │
 *                      paused
 * </pre>
 *
 * <p>Memory exists for a device only through the queues that {@link #activate} hands over. A device
 * that finds its queues broken says so to the {@link DriverNotifier} and touches them no more until
 * {@link #reset}.
 *
 * <p>Threading: every device has one thread, on which queues are served and {@link #queueNotified}
 * is called. {@link #readConfig} and {@link #writeConfig} come from any vCPU's thread and do not
 * block. {@link #activate}, {@link #reset}, {@link #pause} and {@link #resume} come one at a time
 * from a vCPU's or the control thread, never from the device's own, and wait for the device's
 * thread; on return the device is in the new state.
 */
public interface VirtioDevice extends AutoCloseable {
    /** Device type, as in {@link dev.hosta.device.virtio.abi.VirtioIds}. */
    int deviceId();

    /**
     * Bits of the device's own features; those of rings and transport are not a device's affair.
     */
    long features();

    /** The largest size of each queue, in order of index; powers of two, 1..32768. */
    List<Integer> queueSizes();

    /**
     * Reads from the configuration space.
     *
     * @param offset bytes from the start of the configuration space, 0 or more
     * @param widthBytes 1, 2, 4 or 8
     * @return the value, little-endian; bytes past the end read 0
     */
    long readConfig(int offset, int widthBytes);

    /**
     * Writes to the configuration space; what is not writable is left as it is.
     *
     * @param offset bytes from the start of the configuration space, 0 or more
     * @param widthBytes 1, 2, 4 or 8
     * @param value the value in the low {@code widthBytes} bytes
     */
    void writeConfig(int offset, int widthBytes, long value);

    /**
     * The driver is ready: the device may use its queues from here on, and looks once into each, so
     * that what was made available before is not missed. An active and paused device may be
     * activated anew with fewer queues. A paused device stays paused.
     *
     * @param features all features that were negotiated
     * @param queues the queues that the driver made ready, by index; gaps are possible
     * @param notifier takes what the device has to say to the driver
     */
    void activate(long features, Map<Integer, SplitQueue> queues, DriverNotifier notifier);

    /**
     * The driver said that a queue may have new buffers. Called on the device's thread; does
     * nothing for a queue that does not exist, or while idle, paused or broken.
     */
    void queueNotified(int index);

    /**
     * The device's queues, for a thread that would rather look than sleep; empty where that is of
     * no use.
     */
    default Optional<Polled> polled() {
        return Optional.empty();
    }

    /** Waits for what is in flight, then lets go of the queues. Idempotent. */
    void reset();

    /** Takes no more buffers and waits for what is in flight. Idempotent. */
    void pause();

    /** Carries on, looking once into each queue. Idempotent. */
    void resume();

    /**
     * What the device has counted since it was made; a reset does not clear it.
     *
     * <p>Threading: any thread, at any moment; does not block.
     *
     * @return unsigned 64-bit values by name, such as {@code read_bytes}: lower case, words joined
     *     by {@code _}; in the order in which people read them
     */
    default SequencedMap<String, Long> counters() {
        return Collections.emptyNavigableMap();
    }

    /** Lets go of the host's resources; the device is idle or paused. Idempotent. */
    @Override
    void close();
}
