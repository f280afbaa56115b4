package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A port at a socket, with clients that come and go. */
@Timeout(60)
class SocketPortTest {
    @TempDir Path folder;

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("s")));
    }

    private PortThread open() {
        return new PortThread(SocketPort.open(folder.resolve("s")));
    }

    private static void send(SocketChannel client, String text) throws IOException {
        client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String receive(SocketChannel client, int bytes) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(bytes);
        while (into.hasRemaining() && client.read(into) >= 0) {}
        return new String(into.array(), 0, into.position(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void bytesGoBothWays() throws IOException {
        try (PortThread port = open()) {
            assertFalse(port.isConnected());
            assertEquals(4, port.write("lost"));
            try (SocketChannel client = connect()) {
                port.expect("changed");
                assertTrue(port.isConnected());
                port.awaitInput(true);
                send(client, "hello");
                port.expect("input");
                assertEquals("he", port.read(2));
                assertEquals("llo", port.read(100));
                assertEquals("", port.read(100));
                assertEquals(5, port.write("there"));
                assertEquals("there", receive(client, 5));
            }
        }
        assertFalse(Files.exists(folder.resolve("s")));
    }

    @Test
    void aFullClientIsWaitedFor() throws IOException {
        try (PortThread port = open();
                SocketChannel client = connect()) {
            port.expect("changed");
            String much = "x".repeat(1 << 22);
            int taken = port.write(much);
            assertTrue(taken > 0 && taken < much.length(), "took " + taken);
            assertEquals(0, port.write("y"));
            assertEquals(taken, receive(client, taken).length());
            port.expect("room");
            assertEquals(1, port.write("y"));
            assertEquals("y", receive(client, 1));
        }
    }

    @Test
    void whoeverWaitsForRoomIsFreedWhenTheClientGoes() throws IOException {
        try (PortThread port = open()) {
            SocketChannel client = connect();
            port.expect("changed");
            port.awaitInput(true);
            assertTrue(port.write("x".repeat(1 << 22)) < 1 << 22);
            client.close();
            port.expect("input");
            port.expect("room");
            assertEquals(5, port.write("drops"));
            assertEquals("", port.read(1));
            port.expect("changed");
            assertFalse(port.isConnected());
        }
    }

    @Test
    void whatAClientLeftBehindIsReadBeforeItCountsAsGone() throws IOException {
        try (PortThread port = open()) {
            try (SocketChannel client = connect()) {
                send(client, "last words");
            }
            port.expect("changed");
            try (SocketChannel next = connect()) {
                send(next, "next");
                assertTrue(port.isConnected());
                port.awaitInput(true);
                port.expect("input");
                assertEquals("last", port.read(4));
                port.awaitInput(true);
                port.expect("input");
                assertEquals(" words", port.read(100));
                assertEquals("", port.read(100));
                port.expect("changed");
                port.expect("changed");
                assertTrue(port.isConnected());
                assertEquals("next", port.read(100));
            }
        }
    }

    @Test
    void aClientThatEndsItsSendingStillListens() throws IOException {
        try (PortThread port = open()) {
            SocketChannel client = connect();
            port.expect("changed");
            port.awaitInput(true);
            send(client, "q");
            client.shutdownOutput();
            port.expect("input");
            assertEquals("q", port.read(100));
            assertEquals("", port.read(100));
            assertTrue(port.isConnected());
            port.write("answer");
            assertEquals("answer", receive(client, 6));
            client.close();
            port.expect("changed");
            assertFalse(port.isConnected());
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws IOException {
        Path socket = folder.resolve("s");
        Files.createFile(folder.resolve("file"));
        assertSays("no socket", folder.resolve("file"));
        assertSays("no socket", folder);
        assertSays("folder does not exist", folder.resolve("none/s"));
        assertSays("longer than 107 bytes", folder.resolve("x".repeat(108)));
        SocketPort first = SocketPort.open(socket);
        assertSays("another program listens", socket);
        first.close();
        try (ServerSocketChannel stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(socket));
        }
        assertTrue(Files.exists(socket));
        SocketPort.open(socket).close();
    }

    private static void assertSays(String what, Path path) {
        String message =
                assertThrows(PortException.class, () -> SocketPort.open(path).close()).getMessage();
        assertTrue(message.contains(what), message);
    }
}
