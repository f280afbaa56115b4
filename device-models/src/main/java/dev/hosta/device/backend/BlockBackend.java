package dev.hosta.device.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What keeps a disk's blocks on the host, as a block device sees it.
 *
 * <p>All offsets and lengths are bytes, and multiples of {@link Geometry#logicalBlockBytes}; the
 * device has checked that they lie in the disk. Data goes straight between the backend and guest
 * memory: the segments are the guest's own, may change under the backend's hand, and stay mapped
 * until the request's {@link Completion} is called. Requests may complete in any order; a flush
 * covers every write whose completion was called before the flush was submitted.
 *
 * <p>Failures of the host never throw out of a request: they complete it with {@link
 * Result#IO_ERROR}. A format with backing files fits behind the same calls.
 *
 * <p>Threading: requests are submitted by one thread, the device's; {@link #close} by the control
 * thread after {@link #drain}.
 */
public interface BlockBackend extends AutoCloseable {
    /** How a request ended. */
    enum Result {
        /** Done. */
        OK,
        /** The host could not do it. */
        IO_ERROR,
        /** This backend cannot do such requests. */
        UNSUPPORTED
    }

    /** Takes the end of one request. Called once, on any thread, possibly inside the submission. */
    @FunctionalInterface
    interface Completion {
        /** The request has ended; its segments are the device's again. */
        void done(Result result);
    }

    /**
     * Sizes of the disk.
     *
     * @param capacityBytes a multiple of 512
     * @param logicalBlockBytes smallest unit of a request: 512 or 4096
     * @param physicalBlockBytes unit that is written without a read before: a power of two times
     *     the logical one
     * @param optimalIoBytes what the host likes best, 0 if it has no preference
     */
    record Geometry(
            long capacityBytes,
            int logicalBlockBytes,
            int physicalBlockBytes,
            int optimalIoBytes) {}

    /** Sizes, fixed for the backend's life. */
    Geometry geometry();

    /** Whether writes are refused. */
    boolean isReadOnly();

    /** Whether writes may be kept in a volatile cache, so that the guest must flush. */
    boolean hasWriteCache();

    /** Whether {@link #discard} is worth offering to the guest. */
    default boolean canDiscard() {
        return !isReadOnly();
    }

    /** Serial number, at most 20 ASCII characters. */
    String serial();

    /** Reads into the segments, in order, from {@code offset} on. */
    void read(long offset, List<MemorySegment> to, Completion completion);

    /** Writes the segments, in order, from {@code offset} on. */
    void write(long offset, List<MemorySegment> from, Completion completion);

    /** Makes all completed writes durable. */
    void flush(Completion completion);

    /** Gives the range back to the host; reads afterwards give any data. */
    void discard(long offset, long lengthBytes, Completion completion);

    /**
     * Makes the range read as zeros.
     *
     * @param mayUnmap whether the host may give the space back
     */
    void writeZeroes(long offset, long lengthBytes, boolean mayUnmap, Completion completion);

    /** Pushes submitted requests to the host; called once after a batch. */
    default void kick() {}

    /** Waits until every submitted request has completed. Control thread, device stopped. */
    void drain();

    /** Lets go of the host's file. Idempotent. */
    @Override
    void close();
}
