package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;

import java.util.Objects;

/**
 * Two ports by which a program in the guest talks to one on the host, without any driver: a root
 * process of Linux may use them after {@code ioperm}.
 *
 * <pre>
 *  offset  read                                      write
 *    0     the next byte for the guest, 0 for none   a byte for the host
 *    1     how many bytes wait, 0 to 255             ignored
 * </pre>
 *
 * <p>It has no state: what is on its way is the host's. Without a host nothing waits, and what is
 * written is dropped. Threading: any thread; {@link #connect} before the guest runs.
 */
public final class AgentPort implements ByteRegisters {
    /** Size of the registers in bytes. */
    public static final int SIZE_BYTES = 2;

    /**
     * The host's end.
     *
     * <p>Threading: any thread, many at once.
     */
    public interface Host {
        /**
         * Takes a byte of the guest's; may hold the vCPU up for as long as somebody reads.
         *
         * @param value 0 to 255
         */
        void take(int value);

        /** How many bytes wait for the guest; 0 or more. */
        int waiting();

        /** The next byte for the guest, 0 to 255; 0 where none waits. */
        int next();
    }

    private static final class Nobody implements Host {
        @Override
        public void take(int value) {}

        @Override
        public int waiting() {
            return 0;
        }

        @Override
        public int next() {
            return 0;
        }
    }

    private volatile Host host = new Nobody();

    /** Ports without a host. */
    public AgentPort() {}

    /** Puts a host behind the ports, in the place of the one before. */
    public void connect(Host other) {
        host = Objects.requireNonNull(other);
    }

    @Override
    public int readByte(int offset) {
        return offset == 0 ? host.next() : Math.min(255, host.waiting());
    }

    @Override
    public void writeByte(int offset, int value) {
        if (offset == 0) {
            host.take(value);
        }
    }
}
