package dev.hosta.migration;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A way to move bytes over a socket that never waits: as they are, or by TLS.
 *
 * <p>Threading: one reads while another writes.
 */
sealed interface Wire permits Wire.Plain, TlsWire {
    /** Bytes read; 0 where none have come, -1 at the end. */
    int read(ByteBuffer to) throws IOException;

    /** Bytes taken of the buffers from {@code next} on; 0 where there is no room now. */
    long write(ByteBuffer[] from, int next) throws IOException;

    /** Whether all that was taken is with the kernel. */
    boolean flush() throws IOException;

    /** Says that nothing more comes, as far as there is room for it. */
    void end() throws IOException;

    /**
     * The socket itself.
     *
     * @param channel does not block
     */
    record Plain(SocketChannel channel) implements Wire {
        @Override
        public int read(ByteBuffer to) throws IOException {
            return channel.read(to);
        }

        @Override
        public long write(ByteBuffer[] from, int next) throws IOException {
            return channel.write(from, next, from.length - next);
        }

        @Override
        public boolean flush() {
            return true;
        }

        @Override
        public void end() throws IOException {
            channel.shutdownOutput();
        }
    }
}
