package dev.hosta.cli;

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

/**
 * A link between two hosts that breaks for good at GO, which is never heard; something is done in
 * that moment. Frames: docs/migration-protocol.md.
 */
final class CutLink implements AutoCloseable {
    private static final int HEADER_BYTES = 24;
    private static final int LENGTH_AT = 4;
    private static final byte GO = 34;

    private final ServerSocket server;
    private final int toPort;
    private final Runnable atTheCut;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean cut;

    CutLink(int toPort, Runnable atTheCut) throws IOException {
        this.server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        this.toPort = toPort;
        this.atTheCut = atTheCut;
        start(this::accept);
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    boolean isCut() {
        return cut;
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().name("cut-link").start(task);
    }

    private void accept() {
        try {
            while (true) {
                Socket near = server.accept();
                if (cut) {
                    near.close();
                    continue;
                }
                Socket far = new Socket(InetAddress.getLoopbackAddress(), toPort);
                sockets.addAll(List.of(near, far));
                start(() -> carry(near, far));
                start(() -> carry(far, near));
            }
        } catch (IOException e) {
            hangUp();
        }
    }

    private void carry(Socket from, Socket to) {
        try {
            DataInputStream in = new DataInputStream(from.getInputStream());
            OutputStream out = to.getOutputStream();
            while (true) {
                byte[] header = in.readNBytes(HEADER_BYTES);
                if (header.length < HEADER_BYTES) {
                    break;
                }
                ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
                byte[] payload = in.readNBytes(fields.getInt(LENGTH_AT));
                if (header[0] == GO) {
                    cut = true;
                    atTheCut.run();
                    break;
                }
                out.write(header);
                out.write(payload);
            }
        } catch (IOException e) {
            // One of the sides has gone, and hears no more of the other.
            hangUp();
            return;
        }
        hangUp();
    }

    private void hangUp() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed already.
                continue;
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        hangUp();
    }
}
