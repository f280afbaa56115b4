package dev.hosta.device.backend;

import java.lang.foreign.MemorySegment;

/**
 * The host's end of one byte stream of a console device.
 *
 * <p>Segments are guest memory: they may change under the backend's hand and are the device's again
 * when the call returns. Nothing here blocks or throws for what the host or the peer does.
 *
 * <p>Threading: all on the device's thread, {@link Listener} too; {@link #close} on the control
 * thread once the device is stopped.
 */
public interface ConsolePort extends AutoCloseable {
    /** Told of what happens on the host's side. */
    interface Listener {
        /** Bytes may be waiting; asked for by {@link ConsolePort#awaitInput}. */
        void inputWaiting();

        /** There is room again after {@link ConsolePort#write} took less than all. */
        void roomAgain();

        /** {@link ConsolePort#isConnected} or the size has changed. */
        void changed();
    }

    /** Begins; the listener is called on the device's thread. */
    void use(Listener listener);

    /** Ends what {@link #use} began; the listener is not called any more. Idempotent. */
    void stop();

    /** Whether someone is at the host's end. */
    boolean isConnected();

    /** Columns of the terminal at the host's end, 1..65535; 0 where there is none. */
    default int columns() {
        return 0;
    }

    /** Rows of the terminal at the host's end, 1..65535; 0 where there is none. */
    default int rows() {
        return 0;
    }

    /**
     * Takes bytes of the guest.
     *
     * @return how many it took; less than all means that the listener hears when to come again.
     *     With nobody connected all are taken and dropped
     */
    int write(MemorySegment bytes);

    /**
     * Gives bytes to the guest.
     *
     * @return how many, 0 where none waits
     */
    int read(MemorySegment into);

    /** Wants to hear of waiting bytes, or not. */
    void awaitInput(boolean wanted);

    /** Lets go of the host's end. Idempotent. */
    @Override
    void close();
}
