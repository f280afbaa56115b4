package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.NetBackend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Two ends of a real Unix socket, and peers of other makes. */
@Timeout(120)
final class SocketNetTest {
    private static final int MOST = NetBackend.MAX_FRAME_BYTES - NetBackend.HEADER_BYTES;

    @TempDir Path folder;

    private Path path() {
        return folder.resolve("cable");
    }

    private static byte[] frame(int length, int seed) {
        byte[] frame = new byte[length];
        new Random(seed).nextBytes(frame);
        return frame;
    }

    private static byte[] behindHeader(byte[] frame) {
        byte[] whole = new byte[NetBackend.HEADER_BYTES + frame.length];
        System.arraycopy(frame, 0, whole, NetBackend.HEADER_BYTES, frame.length);
        return whole;
    }

    private static byte[] next(NetPeer peer) throws InterruptedException {
        return peer.await(any -> true);
    }

    @Test
    void carriesFramesOfEverySizeBothWays() throws Exception {
        try (NetPeer one = new NetPeer(SocketNet.open(path()));
                NetPeer two = new NetPeer(SocketNet.open(path()))) {
            one.awaitLink(true);
            assertTrue(two.net.isLinkUp());
            for (int length : new int[] {14, 60, 1514, 9014, MOST}) {
                one.send(frame(length, length));
                assertArrayEquals(behindHeader(frame(length, length)), next(two));
                two.send(frame(length, -length));
                assertArrayEquals(behindHeader(frame(length, -length)), next(one));
            }
            one.send(new byte[13]);
            one.send(frame(14, 1));
            assertArrayEquals(behindHeader(frame(14, 1)), next(two));
        }
        assertEquals(0, Files.list(folder).count());
    }

    @Test
    void keepsTheOrderOfManyFramesThroughAFullSocket() throws Exception {
        int count = 3000;
        try (NetPeer one = new NetPeer(SocketNet.open(path()));
                NetPeer two = new NetPeer(SocketNet.open(path()))) {
            one.awaitLink(true);
            two.onLoop(() -> two.net.awaitFrames(false));
            int sent = 0;
            boolean wasFull = false;
            while (sent < count) {
                int from = sent;
                int[] taken = new int[1];
                one.onLoop(
                        () -> {
                            for (int i = from; i < count; i++) {
                                if (!one.net.send(one.pieces(frame(600 + i % 900, i)))) {
                                    break;
                                }
                                taken[0]++;
                            }
                            one.net.flush();
                        });
                sent += taken[0];
                if (sent < count) {
                    wasFull = true;
                    two.onLoop(() -> two.net.awaitFrames(true));
                    assertTrue(one.rooms.poll(30, TimeUnit.SECONDS) != null, "no room came");
                }
            }
            assertTrue(wasFull, "the socket never filled up");
            two.onLoop(() -> two.net.awaitFrames(true));
            for (int i = 0; i < count; i++) {
                assertArrayEquals(behindHeader(frame(600 + i % 900, i)), next(two), "frame " + i);
            }
        }
    }

    @Test
    void cutsOffWhatDoesNotFitAndSaysSo() throws Exception {
        try (NetPeer one = new NetPeer(SocketNet.open(path()));
                NetPeer two = new NetPeer(SocketNet.open(path()))) {
            one.awaitLink(true);
            two.limitRoom(100);
            one.send(frame(89, 1));
            assertEquals(0, next(two).length);
            one.send(frame(88, 2));
            assertArrayEquals(behindHeader(frame(88, 2)), next(two));
        }
    }

    @Test
    void eitherMayGoAndComeAgainAndAThirdIsTurnedAway() throws Exception {
        NetPeer one = new NetPeer(SocketNet.open(path()));
        NetPeer two = new NetPeer(SocketNet.open(path()));
        one.awaitLink(true);
        try (NetPeer third = new NetPeer(SocketNet.open(path()))) {
            third.awaitLink(false);
            assertTrue(one.net.isLinkUp() && two.net.isLinkUp());
        }
        two.close();
        one.awaitLink(false);
        one.send(frame(60, 1));
        two = new NetPeer(SocketNet.open(path()));
        one.awaitLink(true);
        // Now the one who listened goes, and the other takes its part.
        one.close();
        two.awaitLink(false);
        one = new NetPeer(SocketNet.open(path()));
        if (!one.net.isLinkUp()) {
            one.awaitLink(true);
        }
        two.awaitLink(true);
        two.send(frame(60, 2));
        assertArrayEquals(behindHeader(frame(60, 2)), next(one));
        one.close();
        two.close();
        assertEquals(0, Files.list(folder).count());
    }

    @Test
    void takesOverTheSocketOfOneWhoWasKilled() throws Exception {
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path()));
        }
        Files.writeString(folder.resolve("cable.lock"), "1 1");
        try (NetPeer one = new NetPeer(SocketNet.open(path()));
                NetPeer two = new NetPeer(SocketNet.open(path()))) {
            one.awaitLink(true);
            assertTrue(two.net.isLinkUp());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 13, MOST + 1, 0x7fffffff, 0x80000000, -1})
    void aLengthThatNoFrameHasEndsTheConnection(int length) throws Exception {
        try (NetPeer one = new NetPeer(SocketNet.open(path()));
                SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
            one.awaitLink(true);
            ByteBuffer bytes = ByteBuffer.allocate(4 + 60 + 4 + 100);
            bytes.putInt(60).put(frame(60, 1)).putInt(length).put(new byte[100]).flip();
            // Byte by byte, so that every length is once cut in two.
            while (bytes.hasRemaining() && peer.isOpen()) {
                try {
                    peer.write(bytes.slice(bytes.position(), 1));
                } catch (IOException e) {
                    break;
                }
                bytes.get();
            }
            assertArrayEquals(behindHeader(frame(60, 1)), next(one));
            one.awaitLink(false);
            assertFalse(one.net.isLinkUp());
        }
    }

    @Test
    void frameOfTheWireIsBehindABigEndianLength() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path()));
            try (NetPeer one = new NetPeer(SocketNet.open(path()));
                    SocketChannel peer = server.accept()) {
                one.send(frame(300, 1));
                ByteBuffer got = ByteBuffer.allocate(304);
                while (got.hasRemaining()) {
                    assertTrue(peer.read(got) > 0);
                }
                assertEquals(300, got.getInt(0));
                assertArrayEquals(frame(300, 1), Arrays.copyOfRange(got.array(), 4, 304));
            }
        }
    }

    @Test
    void saysWhatIsWrongWithThePlace() throws IOException {
        Files.writeString(folder.resolve("file"), "");
        says(folder.resolve("file"), "there is something else that is no socket");
        says(folder, "there is something else that is no socket");
        says(folder.resolve("no/cable"), "its folder does not exist");
        says(folder.resolve("x".repeat(108)), "its path is longer than 107 bytes");
    }

    private static void says(Path path, String expected) {
        String message = assertThrows(NetException.class, () -> SocketNet.open(path)).getMessage();
        assertTrue(message.contains(expected), message);
        assertEquals(1, message.lines().count());
    }
}
