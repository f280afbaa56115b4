package dev.hosta.linux;

/**
 * Numbers and offsets of the kernel's io_uring, little-endian and naturally aligned.
 *
 * <pre>
 *  struct io_uring_params, 120 bytes      struct io_uring_sqe, 64 bytes
 *  offset size field                      offset size field
 *       0    4 sq_entries                      0    1 opcode
 *       4    4 cq_entries                      1    1 flags, IOSQE_*
 *       8    4 flags, IORING_SETUP_*           2    2 ioprio
 *      12    8 sq_thread_cpu, _idle            4    4 fd, or index of a registered file
 *      20    4 features, IORING_FEAT_*         8    8 off: where in the file
 *      24   16 wq_fd, resv                    16    8 addr; FALLOCATE: the length
 *      40   40 sq_off                         24    4 len: bytes or vectors; FALLOCATE: the mode
 *      80   40 cq_off                         28    4 rw_flags, fsync_flags
 *                                             32    8 user_data
 *  sq_off: head 0, tail 4, ring_mask 8,       40   24 not used here
 *  ring_entries 12, flags 16, dropped 20,
 *  array 24                               struct io_uring_cqe, 16 bytes
 *  cq_off: head 0, tail 4, ring_mask 8,        0    8 user_data of the sqe
 *  ring_entries 12, overflow 16, cqes 20       8    4 res: result or -errno
 *  (offsets into the mapping, 4 each)         12    4 flags
 * </pre>
 *
 * Source: linux/io_uring.h; io_uring_setup(2), io_uring_enter(2), io_uring_register(2).
 */
final class IoUringAbi {
    static final int SYS_IO_URING_SETUP = 425;
    static final int SYS_IO_URING_ENTER = 426;
    static final int SYS_IO_URING_REGISTER = 427;

    static final int PARAMS_BYTES = 120;
    static final int PARAMS_SQ_ENTRIES = 0;
    static final int PARAMS_CQ_ENTRIES = 4;
    static final int PARAMS_FLAGS = 8;
    static final int PARAMS_FEATURES = 20;
    static final int PARAMS_SQ_HEAD = 40;
    static final int PARAMS_SQ_TAIL = 44;
    static final int PARAMS_SQ_FLAGS = 56;
    static final int PARAMS_SQ_ARRAY = 64;
    static final int PARAMS_CQ_HEAD = 80;
    static final int PARAMS_CQ_TAIL = 84;
    static final int PARAMS_CQ_CQES = 100;

    static final int SQE_BYTES = 64;
    static final int SQE_OPCODE = 0;
    static final int SQE_FLAGS = 1;
    static final int SQE_FD = 4;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    static final int SQE_OP_FLAGS = 28;
    static final int SQE_USER_DATA = 32;

    static final int CQE_BYTES = 16;
    static final int CQE_USER_DATA = 0;
    static final int CQE_RES = 8;

    /** Only {@code IORING_REGISTER_ENABLE_RINGS} makes it usable, and names the one submitter. */
    static final int SETUP_R_DISABLED = 1 << 6;

    static final int SETUP_SUBMIT_ALL = 1 << 7;
    static final int SETUP_COOP_TASKRUN = 1 << 8;

    /** Says in the ring's flags that there are results for whoever enters the kernel. */
    static final int SETUP_TASKRUN_FLAG = 1 << 9;

    static final int SETUP_SINGLE_ISSUER = 1 << 12;

    /** In the ring's flags: {@code IORING_SQ_TASKRUN}. */
    static final int SQ_TASKRUN = 1 << 2;

    static final int FEAT_SINGLE_MMAP = 1;
    static final int FEAT_NODROP = 1 << 1;

    /** Vectors are read while the call is handed over, not later. */
    static final int FEAT_SUBMIT_STABLE = 1 << 2;

    /** Came with Linux 5.6, as did OP_READ, OP_WRITE and OP_FALLOCATE. */
    static final int FEAT_RW_CUR_POS = 1 << 3;

    static final int REGISTER_ENABLE_RINGS = 12;
    static final int ENTER_GETEVENTS = 1;

    /** A thread of the kernel's carries it out from the first. */
    static final byte IOSQE_ASYNC = 1 << 4;

    static final long OFF_RINGS = 0;
    static final long OFF_SQES = 0x1000_0000L;

    static final byte OP_READV = 1;
    static final byte OP_WRITEV = 2;
    static final byte OP_FSYNC = 3;
    static final byte OP_FALLOCATE = 17;
    static final byte OP_READ = 22;
    static final byte OP_WRITE = 23;
    static final int FSYNC_DATASYNC = 1;

    private IoUringAbi() {}
}
