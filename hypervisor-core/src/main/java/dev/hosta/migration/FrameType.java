package dev.hosta.migration;

/** What a frame is, with the most bytes that its payload has. */
enum FrameType {
    /** Source: versions, features, id of the migration. */
    HELLO(1, Bounds.SMALL),
    /** Destination: the version and the features of both. */
    CHOICE(2, Bounds.SMALL),
    /** Source: spec and CPU. */
    RESERVE(3, Bounds.CONTROL),
    /** Destination: all is there for it. */
    RESERVED(4, Bounds.SMALL),
    /** Either: it ends here, and why. */
    CANCEL(5, Bounds.SMALL),
    /** Either: still alive. */
    BEAT(6, 0),
    /** Source: this connection carries pages of a migration, too. */
    JOIN(7, Bounds.SMALL),
    /** Source: pages with their sums. */
    PAGES(16, PageFrame.MOST_BYTES),
    /** Source: pages as one block of LZ4, with their sums. */
    PACKED(19, PageFrame.MOST_BYTES),
    /** Source: pages that are zeros now. */
    ZEROS(17, PageFrame.ZEROS_BYTES),
    /** Source: a round is over; destination: what came of it. */
    ROUND(18, Bounds.CONTROL),
    /** Source: all of the machine but RAM. */
    STATE(32, Bounds.CONTROL),
    /** Destination: it could run the guest. */
    READY(33, Bounds.SMALL),
    /** Source: the guest is the destination's. */
    GO(34, Bounds.SMALL),
    /** Destination: it runs the guest. */
    RUNNING(35, Bounds.SMALL),
    /** Destination: it has not run the guest and never will. */
    ABORTED(36, Bounds.SMALL),
    /** Source: it has heard of RUNNING, or of ABORTED. */
    HEARD(37, Bounds.SMALL),
    /** Source: it wants the guest back, which the destination has not run. */
    TAKE_BACK(38, Bounds.SMALL);

    private static final class Bounds {
        static final int SMALL = 64 << 10;
        static final int CONTROL = 16 << 20;
    }

    private final int code;
    private final int mostBytes;

    FrameType(int code, int mostBytes) {
        this.code = code;
        this.mostBytes = mostBytes;
    }

    /** The byte on the wire. */
    int code() {
        return code;
    }

    /** Most bytes of the payload. */
    int mostBytes() {
        return mostBytes;
    }

    /** Whether pages follow a head, whose sum is the frame's. */
    boolean isPages() {
        return this == PAGES || this == PACKED;
    }

    /**
     * The type of a byte.
     *
     * @throws MigrationException where no type has it
     */
    static FrameType of(int code) {
        for (FrameType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new MigrationException("The peer sent a frame of an unknown type: " + code + ".");
    }
}
