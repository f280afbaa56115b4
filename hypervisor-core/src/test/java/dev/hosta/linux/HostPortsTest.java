package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;

/** Ports to files and to the terminal, and the kernel's random bytes. */
@Timeout(60)
class HostPortsTest {
    @TempDir Path folder;

    @Test
    void outputIsAppendedToAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("log"), "before ");
        try (PortThread port = new PortThread(FilePort.open(file))) {
            assertTrue(port.isConnected());
            assertEquals(5, port.write("after"));
            assertEquals("", port.read(10));
        }
        assertEquals("before after", Files.readString(file));
    }

    @Test
    void aFullPipeIsWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertSays("nobody reads the pipe", pipe);
        FileDescriptor reader =
                FileDescriptor.open(pipe, FileDescriptor.O_RDONLY | FileDescriptor.O_NONBLOCK);
        try (PortThread port = new PortThread(FilePort.open(pipe))) {
            int taken = port.write("x".repeat(1 << 20));
            assertTrue(taken > 0 && taken < 1 << 20, "took " + taken);
            try (InputStream in = new FileInputStream(pipe.toFile())) {
                assertEquals(taken, in.readNBytes(taken).length);
            }
            port.expect("room");
        }
        reader.close();
    }

    @Test
    void aFileOnAFullDiskLosesTheRestAndNobodyWaits() {
        try (PortThread port = new PortThread(FilePort.open(Path.of("/dev/full")))) {
            assertEquals(4, port.write("lost"));
            assertFalse(port.isConnected());
            assertEquals(4, port.write("too!"));
        }
    }

    @Test
    void whatCannotBeWrittenIsNamed() {
        assertSays("it is a folder", folder);
        assertSays("its folder does not exist", folder.resolve("none/log"));
    }

    private static void assertSays(String what, Path path) {
        String message =
                assertThrows(PortException.class, () -> FilePort.open(path).close()).getMessage();
        assertTrue(message.contains(what), message);
    }

    /** Takes so many bytes and keeps them. */
    private static final class Screen implements StdioPort.Output {
        private final StringBuilder shown = new StringBuilder();
        private int room = 4;
        private Runnable roomCame = () -> {};

        @Override
        public int offer(MemorySegment bytes) {
            int count = (int) Math.min(room, bytes.byteSize());
            byte[] taken = bytes.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            shown.append(new String(taken, StandardCharsets.ISO_8859_1));
            room -= count;
            return count;
        }

        @Override
        public void onRoom(Runnable action) {
            roomCame = action;
        }
    }

    private static int type(StdioPort port, String text) {
        return port.offer(text.getBytes(StandardCharsets.ISO_8859_1), 0, text.length());
    }

    @Test
    void theTerminalShowsAndTypesAndTellsItsSize() {
        Screen screen = new Screen();
        StdioPort stdio = new StdioPort(screen);
        AtomicInteger rooms = new AtomicInteger();
        stdio.onRoom(rooms::incrementAndGet);
        assertEquals(3, type(stdio, "all"), "is dropped while no machine is there");
        try (PortThread port = new PortThread(stdio)) {
            assertEquals(4, port.write("prompt"));
            assertEquals("prom", screen.shown.toString());
            screen.roomCame.run();
            port.expect("room");
            stdio.resize(new Terminal.Size(80, 25));
            port.expect("changed");
            assertEquals(80, stdio.columns());
            assertEquals(25, stdio.rows());
            assertEquals(4096, type(stdio, "k".repeat(5000)));
            assertEquals(0, type(stdio, "full"));
            port.awaitInput(true);
            port.expect("input");
            assertEquals("k".repeat(4000), port.read(4000));
            assertEquals(1, rooms.get());
            assertEquals(4, type(stdio, "more"));
            assertEquals("k".repeat(96) + "more", port.read(4096));
        }
        assertEquals(4, type(stdio, "gone"));
        try (PortThread next = new PortThread(stdio)) {
            assertEquals("", next.read(10), "belongs to the machine before");
            next.awaitInput(true);
            type(stdio, "new");
            next.expect("input");
            assertEquals("new", next.read(10));
        }
    }

    @Test
    void randomBytesFillAllOfIt() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(1 << 20);
            new KernelEntropy().fill(bytes);
            byte[] tail = bytes.asSlice(bytes.byteSize() - 16).toArray(ValueLayout.JAVA_BYTE);
            byte[] head = bytes.asSlice(0, 16).toArray(ValueLayout.JAVA_BYTE);
            assertNotEquals("0".repeat(32), HexFormat.of().formatHex(tail));
            assertNotEquals(HexFormat.of().formatHex(head), HexFormat.of().formatHex(tail));
        }
    }
}
