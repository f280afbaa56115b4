package dev.hosta.linux;

import static dev.hosta.linux.IoUringAbi.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One io_uring on one file: calls are prepared in shared memory, handed over many at a time, and
 * their results read from shared memory.
 *
 * <p>All memory ordering with the kernel is here: a tail is stored with release after what stands
 * before it was written, and loaded with acquire before what stands before it is read; heads the
 * other way round (io_uring(7), linux/io_uring/io_uring.c).
 *
 * <p>Threading: {@link #create} and {@link #close} on any thread, the others on the one that called
 * {@link #enable}.
 */
final class IoUring implements AutoCloseable {
    private static final VarHandle U32 = ValueLayout.JAVA_INT.varHandle();
    private static final int NEEDED =
            FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_SUBMIT_STABLE | FEAT_RW_CUR_POS;

    /**
     * Linux 6.0: one thread submits, and is not interrupted for results, which reach the ring when
     * it next enters or leaves the kernel. (With DEFER_TASKRUN, whose results need one more call,
     * an epoll on the ring would sleep through them.)
     */
    private static final int ONE_THREAD =
            SETUP_SINGLE_ISSUER
                    | SETUP_COOP_TASKRUN
                    | SETUP_TASKRUN_FLAG
                    | SETUP_SUBMIT_ALL
                    | SETUP_R_DISABLED;

    private static final String HINT =
            "It needs Linux 5.6 or newer, sysctl kernel.io_uring_disabled=0, and a seccomp filter"
                    + " that lets it pass; engine=threads does without.";

    private final FileDescriptor fd;
    private final boolean oneThread;
    private final MappedMemory ringsMapping;
    private final MappedMemory sqesMapping;
    private final MemorySegment rings;
    private final MemorySegment sqes;
    private final int sqEntries;
    private final int cqEntries;
    private final long sqHeadAt;
    private final long sqTailAt;
    private final long sqFlagsAt;
    private final long cqHeadAt;
    private final long cqTailAt;
    private final long cqesAt;
    private int sqTail;
    private int cqHead;

    /** Takes one result. */
    @FunctionalInterface
    interface Ended {
        /** The call with this tag has returned {@code result}: a count, or {@code -errno}. */
        void accept(int tag, int result);
    }

    private IoUring(FileDescriptor fd, MemorySegment params) {
        this.fd = fd;
        this.oneThread = (u32(params, PARAMS_FLAGS) & SETUP_SINGLE_ISSUER) != 0;
        this.sqEntries = u32(params, PARAMS_SQ_ENTRIES);
        this.cqEntries = u32(params, PARAMS_CQ_ENTRIES);
        this.sqHeadAt = u32(params, PARAMS_SQ_HEAD);
        this.sqTailAt = u32(params, PARAMS_SQ_TAIL);
        this.sqFlagsAt = u32(params, PARAMS_SQ_FLAGS);
        this.cqHeadAt = u32(params, PARAMS_CQ_HEAD);
        this.cqTailAt = u32(params, PARAMS_CQ_TAIL);
        this.cqesAt = u32(params, PARAMS_CQ_CQES);
        long array = u32(params, PARAMS_SQ_ARRAY);
        long sizeBytes = Math.max(array + 4L * sqEntries, cqesAt + (long) CQE_BYTES * cqEntries);
        this.ringsMapping = MappedMemory.shared(fd, OFF_RINGS, sizeBytes, true);
        try {
            sqesMapping = MappedMemory.shared(fd, OFF_SQES, (long) SQE_BYTES * sqEntries, true);
        } catch (LinuxException e) {
            ringsMapping.close();
            throw e;
        }
        this.rings = ringsMapping.segment();
        this.sqes = sqesMapping.segment();
        // Place i of the ring always holds entry i.
        for (int i = 0; i < sqEntries; i++) {
            rings.set(ValueLayout.JAVA_INT, array + 4L * i, i);
        }
    }

    /**
     * Asks the kernel for one.
     *
     * @param entries calls that can be prepared before they are handed over; a power of two
     * @throws LinuxException where there is none to be had
     */
    static IoUring create(int entries) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(PARAMS_BYTES, 8);
            int number = setup(entries, ONE_THREAD, params);
            if (number == -Errno.EINVAL) {
                number = setup(entries, 0, params);
            }
            if (number < 0) {
                throw refused("io_uring_setup", -number);
            }
            FileDescriptor fd = FileDescriptor.owning(number);
            try {
                if ((u32(params, PARAMS_FEATURES) & NEEDED) != NEEDED) {
                    throw refused("io_uring_setup with what is needed", Errno.EOPNOTSUPP);
                }
                return new IoUring(fd, params);
            } catch (LinuxException e) {
                fd.close();
                throw e;
            }
        }
    }

    private static int setup(int entries, int flags, MemorySegment params) {
        params.fill((byte) 0).set(ValueLayout.JAVA_INT, PARAMS_FLAGS, flags);
        return call(SYS_IO_URING_SETUP, entries, params.address(), 0, 0);
    }

    private static int call(int number, long a, long b, long c, long d) {
        long result = Native.LIBC.syscall(number, a, b, c, d, null);
        return result < 0 ? -Native.errno() : (int) result;
    }

    private static LinuxException refused(String call, int errno) {
        return new LinuxException("use io_uring", call, errno, HINT);
    }

    private static int u32(MemorySegment at, long offset) {
        return at.get(ValueLayout.JAVA_INT, offset);
    }

    /** Readable while there are results, for an {@link EventLoop}. */
    FileDescriptor fd() {
        return fd;
    }

    /** Most calls that may be prepared or under way, so that every result has its place. */
    int capacity() {
        return cqEntries;
    }

    /** Most calls that may be prepared. */
    int entries() {
        return sqEntries;
    }

    /** Makes the calling thread the one that uses the ring. */
    void enable() {
        if (oneThread) {
            int result = call(SYS_IO_URING_REGISTER, fd.number(), REGISTER_ENABLE_RINGS, 0, 0);
            if (result < 0) {
                throw refused("io_uring_register", -result);
            }
        }
    }

    /** Calls that are prepared and not handed over. */
    int prepared() {
        return sqTail - (int) U32.getAcquire(rings, sqHeadAt);
    }

    /** Where the next call will stand: 0 up to {@link #entries}. */
    int nextIndex() {
        return sqTail & (sqEntries - 1);
    }

    /**
     * Prepares a call. There must be room, see {@link #prepared}.
     *
     * @param opcode {@code IORING_OP_*}
     * @param on the file
     * @param offset where in it
     * @param address of memory or vectors, or what the operation has in its place
     * @param length bytes or vectors, or what the operation has in its place
     * @param flags the operation's
     * @param tag comes back with the result; 0 or more
     */
    void prepare(byte opcode, int on, long offset, long address, int length, int flags, int tag) {
        long at = (long) nextIndex() * SQE_BYTES;
        sqes.asSlice(at, SQE_BYTES).fill((byte) 0);
        sqes.set(ValueLayout.JAVA_BYTE, at + SQE_OPCODE, opcode);
        sqes.set(ValueLayout.JAVA_INT, at + SQE_FD, on);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_OFF, offset);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_ADDR, address);
        sqes.set(ValueLayout.JAVA_INT, at + SQE_LEN, length);
        sqes.set(ValueLayout.JAVA_INT, at + SQE_OP_FLAGS, flags);
        sqes.set(ValueLayout.JAVA_LONG, at + SQE_USER_DATA, tag);
        sqTail++;
        U32.setRelease(rings, sqTailAt, sqTail);
    }

    /** Has a thread of the kernel's carry out the call prepared last, instead of {@link #enter}. */
    void makeLastAsync() {
        long at = (long) ((sqTail - 1) & (sqEntries - 1)) * SQE_BYTES;
        sqes.set(ValueLayout.JAVA_BYTE, at + SQE_FLAGS, IOSQE_ASYNC);
    }

    /**
     * Hands over what is prepared.
     *
     * @param least results to wait for; 0 for none
     * @return whether the kernel took it all; if not, it lacks memory for now
     */
    boolean enter(int least) {
        int flags = least > 0 || isResultHeldBack() ? ENTER_GETEVENTS : 0;
        int count = prepared();
        if (count == 0 && least == 0 && flags != 0) {
            call(SYS_IO_URING_ENTER, fd.number(), 0, 0, flags);
        }
        while (count > 0 || least > 0) {
            int taken = call(SYS_IO_URING_ENTER, fd.number(), count, least, flags);
            if (taken == -Errno.EAGAIN || taken == -Errno.EBUSY) {
                return false;
            }
            if (taken < 0 && taken != -Errno.EINTR) {
                throw new LinuxException("hand over disk requests", "io_uring_enter", -taken, "");
            }
            count = prepared();
            if (count == 0) {
                return true;
            }
        }
        return true;
    }

    /** Whether there are results, or there would be after an {@link #enter}. */
    boolean hasResults() {
        return cqHead != (int) U32.getAcquire(rings, cqTailAt) || isResultHeldBack();
    }

    /** Whether the kernel waits for this thread to come by before it hands out a result. */
    private boolean isResultHeldBack() {
        return ((int) U32.getAcquire(rings, sqFlagsAt) & SQ_TASKRUN) != 0;
    }

    /**
     * Takes the results that are there now.
     *
     * @param ended may prepare further calls
     */
    void reap(Ended ended) {
        while (cqHead != (int) U32.getAcquire(rings, cqTailAt)) {
            long at = cqesAt + (long) (cqHead & (cqEntries - 1)) * CQE_BYTES;
            int tag = (int) rings.get(ValueLayout.JAVA_LONG, at + CQE_USER_DATA);
            int result = rings.get(ValueLayout.JAVA_INT, at + CQE_RES);
            cqHead++;
            U32.setRelease(rings, cqHeadAt, cqHead);
            ended.accept(tag, result);
        }
    }

    /** Gives everything back. Idempotent. */
    @Override
    public void close() {
        sqesMapping.close();
        ringsMapping.close();
        fd.close();
    }
}
