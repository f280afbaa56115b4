package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

class InitramfsTest {
    @TempDir Path folder;

    /** Members as "name mode content", read as the kernel reads them. */
    private static List<String> members(byte[] bytes, int from) {
        List<String> members = new ArrayList<>();
        int at = from;
        while (true) {
            assertEquals("070701", text(bytes, at, 6));
            int mode = field(bytes, at, 1);
            int size = field(bytes, at, 6);
            String name = text(bytes, at + 110, field(bytes, at, 11) - 1);
            int content = align(at + 110 + name.length() + 1, from);
            at = align(content + size, from);
            if (name.equals("TRAILER!!!")) {
                assertEquals(bytes.length, at);
                return members;
            }
            members.add(
                    name + " " + Integer.toOctalString(mode) + " " + text(bytes, content, size));
        }
    }

    private static int align(int at, int from) {
        return from + (at - from + 3 & -4);
    }

    private static int field(byte[] bytes, int header, int index) {
        return Integer.parseInt(text(bytes, header + 6 + 8 * index, 8), 16);
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.UTF_8);
    }

    @Test
    void agentAndFoldersComeBehindTheUsersOwn() throws IOException {
        Path own = Files.write(folder.resolve("own"), new byte[] {1, 2, 3, 4, 5});
        Path agent = Files.writeString(folder.resolve("agent"), "program");
        Path tree = Files.createDirectories(folder.resolve("tree/sub"));
        Files.writeString(tree.resolve("file"), "content");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("file"));
        assertTrue(Files.writeString(tree.resolve("tool"), "#!").toFile().setExecutable(true));
        Path to = folder.resolve("to");
        new Initramfs(
                        Optional.of(own),
                        Optional.of(agent),
                        List.of(new Initramfs.Copy(folder.resolve("tree"), "/srv/data/")))
                .write(to);
        byte[] bytes = Files.readAllBytes(to);
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 0, 0, 0}, Arrays.copyOf(bytes, 8));
        assertEquals(
                List.of(
                        "hosta-agent 100755 program",
                        "srv 40755 ",
                        "srv/data 40755 ",
                        "srv/data/sub 40755 ",
                        "srv/data/sub/file 100644 content",
                        "srv/data/sub/link 120777 file",
                        "srv/data/sub/tool 100755 #!"),
                members(bytes, 8));
    }

    @Test
    void saysWhatIsMissing() {
        Initramfs none =
                new Initramfs(Optional.of(folder.resolve("none")), Optional.empty(), List.of());
        ImageException e =
                assertThrows(ImageException.class, () -> none.write(folder.resolve("to")));
        assertTrue(e.getMessage().contains("none: there is no such file"), e.getMessage());
    }

    @Test
    void aFileThatChangesMeanwhileIsRefused() {
        CpioArchive archive = new CpioArchive(new ByteArrayOutputStream());
        assertThrows(
                IOException.class,
                () -> archive.add("a", CpioArchive.FILE, 5, out -> out.write(1)));
        assertThrows(
                IOException.class, () -> archive.add("a", CpioArchive.FILE, 1L << 32, out -> {}));
    }
}
