package dev.hosta.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One connection of a Unix stream socket, by plain system calls: what waits here costs no more than
 * its thread, and loads no class of the JDK's own channels.
 *
 * <p>Threading: one thread may read, one write and any call {@link #hangUp}, at the same time.
 * {@link #close} comes once nobody reads or writes.
 */
public final class UnixStream implements AutoCloseable {
    private static final int CHUNK = 1 << 13;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int UCRED_BYTES = 12;
    private static final int POLLFD_BYTES = 8;
    private static final int TIMEVAL_BYTES = 16;

    private final FileDescriptor fd;
    private final String name;
    // Left to the collector: a thread still inside a call keeps its buffer this way.
    private final MemorySegment incoming = Arena.ofAuto().allocate(CHUNK);
    private final MemorySegment outgoing = Arena.ofAuto().allocate(CHUNK);

    UnixStream(FileDescriptor fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /**
     * Connects to a socket.
     *
     * @throws LinuxException where nobody listens: {@link Errno#ECONNREFUSED} for a file left
     *     behind, {@link Errno#ENOENT} for none
     */
    public static UnixStream connect(Path path) {
        return new UnixStream(UnixSocket.connect(path, UnixSocket.BLOCKING), path.toString());
    }

    /** Who is at the other end. */
    public PeerCredentials peer() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ucred = arena.allocate(UCRED_BYTES + 4, 8);
            ucred.set(ValueLayout.JAVA_INT, UCRED_BYTES, UCRED_BYTES);
            long at = ucred.address();
            int result =
                    SocketCalls.getsockopt(
                            fd.number(), SOL_SOCKET, SO_PEERCRED, at, at + UCRED_BYTES);
            Native.checked(result, "ask who is at " + name, "getsockopt SO_PEERCRED");
            return new PeerCredentials(
                    ucred.get(ValueLayout.JAVA_INT, 0),
                    ucred.get(ValueLayout.JAVA_INT, 4),
                    ucred.get(ValueLayout.JAVA_INT, 8));
        }
    }

    /** Bounds each single read and write; zero waits for ever, as from the start. */
    public void timeout(Duration each) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timeval = arena.allocate(TIMEVAL_BYTES, 8);
            timeval.set(ValueLayout.JAVA_LONG, 0, each.toSeconds());
            timeval.set(ValueLayout.JAVA_LONG, 8, each.toNanosPart() / 1000);
            for (int option : new int[] {SO_RCVTIMEO, SO_SNDTIMEO}) {
                int result =
                        SocketCalls.setsockopt(
                                fd.number(), SOL_SOCKET, option, timeval.address(), TIMEVAL_BYTES);
                Native.checked(result, "set a timeout of " + name, "setsockopt");
            }
        }
    }

    /** What the other end sends; ends where it, or {@link #hangUp}, ends it. */
    public InputStream input() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return UnixStream.this.read(bytes, offset, length);
            }
        };
    }

    private int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            long n = Native.LIBC.read(fd.number(), incoming.address(), Math.min(length, CHUNK));
            if (n > 0) {
                MemorySegment.copy(incoming, ValueLayout.JAVA_BYTE, 0, bytes, offset, (int) n);
                return (int) n;
            }
            if (n == 0) {
                return -1;
            }
            requireInterrupted("read", Native.errno());
        }
    }

    /** To the other end; each write goes out at once. */
    public OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                UnixStream.this.write(bytes, offset, length);
            }
        };
    }

    private void write(byte[] bytes, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int part = Math.min(length - done, CHUNK);
            MemorySegment.copy(bytes, offset + done, outgoing, ValueLayout.JAVA_BYTE, 0, part);
            long n =
                    SocketCalls.send(
                            fd.number(), outgoing.address(), part, SocketCalls.MSG_NOSIGNAL);
            if (n < 0) {
                requireInterrupted("send", Native.errno());
            } else {
                done += (int) n;
            }
        }
    }

    private void requireInterrupted(String call, int errno) throws IOException {
        if (errno == Errno.EAGAIN) {
            throw new SocketTimeoutException("The other end of " + name + " keeps still");
        }
        if (errno != Errno.EINTR) {
            throw new IOException(call + " on " + name + ": " + Errno.describe(errno));
        }
    }

    /**
     * Whether the other end is gone, or {@link #hangUp} was called; not where the other end only
     * sends no more.
     *
     * @param waitMillis how long to wait for that; -1 for ever
     */
    public boolean isHungUp(int waitMillis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(POLLFD_BYTES, 4);
            pollfd.set(ValueLayout.JAVA_INT, 0, fd.number());
            int ready;
            do {
                ready = Native.LIBC.poll(pollfd.address(), 1, waitMillis);
            } while (ready < 0 && Native.errno() == Errno.EINTR);
            return ready > 0;
        }
    }

    /** Says that nothing more will be sent; reading goes on. */
    public void endOutput() {
        SocketCalls.shutdown(fd.number(), SocketCalls.SHUT_WR);
    }

    /**
     * Ends the connection both ways and wakes who reads or writes; {@link #close} still follows.
     */
    public void hangUp() {
        if (!fd.isClosed()) {
            SocketCalls.shutdown(fd.number(), SocketCalls.SHUT_RDWR);
        }
    }

    /** Gives the descriptor back. Idempotent. */
    @Override
    public void close() {
        fd.close();
    }

    @Override
    public String toString() {
        return name + " (" + fd + ")";
    }
}
