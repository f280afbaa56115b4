package dev.hosta.device.virtio.queue;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;
import dev.hosta.device.virtio.abi.SplitRing;

/** Saved position of one split virtqueue (virtio 1.2 §2.7): every version this build can read. */
public sealed interface SplitQueueState {
    /**
     * Written since 0.1. Saved only while no buffer is in flight.
     *
     * @param size descriptors, a power of two in 1..32768
     * @param ready whether the driver made it ready; the addresses bind only then
     * @param descGpa descriptor table, 16-byte aligned if ready
     * @param availGpa available ring, 2-byte aligned if ready
     * @param usedGpa used ring, 4-byte aligned if ready
     * @param nextAvail index of the next entry to take from the available ring, 0..65535
     * @param nextUsed index of the next entry to fill in the used ring, 0..65535
     * @param eventIdx whether VIRTIO_F_EVENT_IDX was negotiated
     */
    record V1(
            int size,
            boolean ready,
            long descGpa,
            long availGpa,
            long usedGpa,
            int nextAvail,
            int nextUsed,
            boolean eventIdx)
            implements SplitQueueState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("virtio.split-queue", 1, V1.class);

        /** Checks size, alignment and indices. */
        public V1 {
            if (!isSize(size)) {
                throw new InvalidStateException(
                        "Queue size must be a power of two in 1..32768: size=" + size);
            }
            if (ready) {
                requireAligned("descGpa", descGpa, SplitRing.DESC_ALIGNMENT);
                requireAligned("availGpa", availGpa, SplitRing.AVAIL_ALIGNMENT);
                requireAligned("usedGpa", usedGpa, SplitRing.USED_ALIGNMENT);
            }
            InvalidStateException.requireRange("Queue nextAvail", nextAvail, 0, 0xffff);
            InvalidStateException.requireRange("Queue nextUsed", nextUsed, 0, 0xffff);
            if (!ready && (nextAvail != 0 || nextUsed != 0)) {
                throw new InvalidStateException(
                        "Queue that is not ready must stand at 0: nextAvail="
                                + nextAvail
                                + ", nextUsed="
                                + nextUsed);
            }
        }

        private static void requireAligned(String field, long gpa, int alignment) {
            if ((gpa & (alignment - 1)) != 0) {
                throw new InvalidStateException(
                        "Queue "
                                + field
                                + " must be "
                                + alignment
                                + "-byte aligned: gpa=0x"
                                + Long.toHexString(gpa));
            }
        }
    }

    /** Whether a queue can have this many descriptors. */
    static boolean isSize(int size) {
        return size > 0 && size <= SplitRing.MAX_SIZE && Integer.bitCount(size) == 1;
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
