package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;

/** Connections that nobody serves yet. */
@Timeout(30)
final class AcceptorTest {
    private static Listener listener() {
        return new Listener(MigrationAddress.parse("127.0.0.1:0"), Optional.empty());
    }

    private static Socket connect(Listener listener) throws IOException {
        InetSocketAddress at = (InetSocketAddress) listener.address();
        return new Socket(at.getAddress(), at.getPort());
    }

    @Test
    void whoeverWaitsToBeServedHearsABeat() throws IOException {
        try (Listener busy = listener();
                Socket waiting = connect(busy)) {
            byte[] header = new byte[FrameHeader.BYTES];
            new DataInputStream(waiting.getInputStream()).readFully(header);
            assertEquals(FrameType.BEAT.code(), header[0]);
        }
    }

    @Test
    void whoeverWaitsAtTheEndIsLetGo() throws IOException {
        Listener closing = listener();
        try (Socket waiting = connect(closing)) {
            DataInputStream from = new DataInputStream(waiting.getInputStream());
            from.readFully(new byte[FrameHeader.BYTES]);
            closing.close();
            assertEquals(0, from.readAllBytes().length % FrameHeader.BYTES);
            assertThrows(MigrationException.class, closing::next);
            assertThrows(MigrationException.class, closing::next);
        }
    }
}
