package dev.hosta.device.virtio.transport;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.device.virtio.Negotiation;
import dev.hosta.device.virtio.queue.SplitQueueState;

import java.util.List;
import java.util.Objects;

/** Saved state of an {@link MmioTransport}: every version this build can read. */
public sealed interface MmioTransportState {
    /**
     * Written since 0.1. An interrupt on its way follows from {@code interruptStatus}.
     *
     * @param status device status
     * @param driverFeatures what the driver wrote
     * @param deviceFeaturesSel 0..2^32-1
     * @param driverFeaturesSel 0..2^32-1
     * @param queueSel 0..2^32-1
     * @param interruptStatus bits 0 and 1
     * @param configGeneration 0..2^32-1
     * @param queues all of the device's queues, by index
     */
    record V1(
            int status,
            long driverFeatures,
            long deviceFeaturesSel,
            long driverFeaturesSel,
            long queueSel,
            int interruptStatus,
            long configGeneration,
            List<SplitQueueState.V1> queues)
            implements MmioTransportState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("virtio.mmio", 1, V1.class);

        private static final int MOST_QUEUES = 65536;
        private static final long U32 = 0xffff_ffffL;

        /** Checks status, features and ranges. */
        public V1 {
            Negotiation.requirePossible(status, driverFeatures);
            InvalidStateException.requireRange(
                    "virtio-mmio deviceFeaturesSel", deviceFeaturesSel, 0, U32);
            InvalidStateException.requireRange(
                    "virtio-mmio driverFeaturesSel", driverFeaturesSel, 0, U32);
            InvalidStateException.requireRange("virtio-mmio queueSel", queueSel, 0, U32);
            InvalidStateException.requireRange(
                    "virtio-mmio interruptStatus", interruptStatus, 0, 3);
            InvalidStateException.requireRange(
                    "virtio-mmio configGeneration", configGeneration, 0, U32);
            if (queues == null || queues.stream().anyMatch(Objects::isNull)) {
                throw new InvalidStateException("virtio-mmio queues are missing");
            }
            InvalidStateException.requireRange(
                    "virtio-mmio queue count", queues.size(), 0, MOST_QUEUES);
            queues = List.copyOf(queues);
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
