package dev.hosta.migration;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A link between source and destination that is cut at the first frame of a type. */
final class Cable implements AutoCloseable {
    /** How much of the frame still goes over. */
    enum Cut {
        BEFORE,
        WITHIN,
        AFTER
    }

    private final ServerSocket server;
    private volatile int toPort;
    private final FrameType type;
    private final Cut where;
    private volatile boolean forEver;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean cut;
    private volatile Action before = () -> {};

    /** What is done where the cable is cut. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    /**
     * Lays it.
     *
     * @param toPort of the destination
     * @param forEver whether it stays cut; otherwise the next connection is whole
     */
    Cable(int toPort, FrameType type, Cut where, boolean forEver) throws IOException {
        this.server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        this.toPort = toPort;
        this.type = type;
        this.where = where;
        this.forEver = forEver;
        Thread.ofPlatform().daemon().name("cable").start(this::accept);
    }

    /** Has something done before anything of the frame goes over. */
    Cable before(Action action) {
        before = action;
        return this;
    }

    /** New connections are whole. */
    void mend() {
        forEver = false;
    }

    /** New connections are whole, and lead elsewhere. */
    void leadTo(int port) {
        toPort = port;
        mend();
    }

    int port() {
        return server.getLocalPort();
    }

    /** Whether it came to that. */
    boolean wasCut() {
        return cut;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = server.accept();
                sockets.add(near);
                if (cut && forEver) {
                    near.close();
                    continue;
                }
                Socket far = new Socket(InetAddress.getLoopbackAddress(), toPort);
                sockets.add(far);
                carry(near, far);
                carry(far, near);
            }
        } catch (IOException e) {
            closeAll();
        }
    }

    private void carry(Socket from, Socket to) {
        Thread.ofPlatform()
                .daemon()
                .name("cable-way")
                .start(
                        () -> {
                            try {
                                carryFrames(from, to);
                            } catch (IOException e) {
                                // The other way was cut, or a side has gone.
                                closeQuietly(to);
                            }
                        });
    }

    private void carryFrames(Socket from, Socket to) throws IOException {
        DataInputStream in = new DataInputStream(from.getInputStream());
        OutputStream out = to.getOutputStream();
        while (true) {
            byte[] header = new byte[FrameHeader.BYTES];
            in.readFully(header);
            int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
            byte[] payload = new byte[length];
            in.readFully(payload);
            boolean here = !cut && header[0] == type.code();
            if (here) {
                before.run();
            }
            if (here && where == Cut.BEFORE) {
                break;
            }
            out.write(header);
            out.write(payload, 0, here && where == Cut.WITHIN ? length / 2 : length);
            if (here) {
                break;
            }
        }
        cut = true;
        closeQuietly(to);
        closeQuietly(from);
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.shutdownOutput();
            socket.close();
        } catch (IOException e) {
            // It is closed already.
            return;
        }
    }

    private void closeAll() {
        sockets.forEach(Cable::closeQuietly);
    }

    @Override
    public void close() throws IOException {
        server.close();
        closeAll();
    }
}
