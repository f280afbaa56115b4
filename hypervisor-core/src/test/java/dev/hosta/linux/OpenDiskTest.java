package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/** What is refused as a disk, and what the user is told. */
final class OpenDiskTest {
    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = DiskFolder.make();
    }

    @AfterEach
    void deleteFolder() throws IOException {
        DiskFolder.delete(folder);
    }

    private static OpenDisk open(Path path, boolean readOnly) {
        return OpenDisk.open(path, readOnly, CacheMode.WRITEBACK, false);
    }

    private static void refuses(Path path, boolean readOnly, String why) {
        DiskException e = assertThrows(DiskException.class, () -> open(path, readOnly).close());
        String line = "Cannot use " + path + " as a disk: " + why;
        assertTrue(e.getMessage().startsWith(line), e.getMessage());
    }

    @Test
    void refusesWhatIsNoDisk() {
        refuses(folder.resolve("none.img"), false, "there is no such file.");
        refuses(folder, false, "it is a directory.");
        refuses(Path.of("/dev/null"), false, "it is neither a file nor a block device.");
        refuses(DiskFolder.file(folder, "empty", new byte[0]), false, "it is empty. Give it a");
        Path odd = DiskFolder.file(folder, "odd", new byte[1000]);
        refuses(odd, true, "its size is not a multiple of 512: size=1000 bytes.");
    }

    @ParameterizedTest
    @CsvSource({
        "qcow2, 0, 514649fb00000003",
        "VMDK, 0, 4b444d5601000000",
        "VHDX, 0, 7668647866696c65",
        "VHD, 0, 636f6e6563746978",
        "VDI, 64, 7f10dabe",
        "gzip, 0, 1f8b0800",
        "xz, 0, fd377a585a00",
        "zstd, 0, 28b52ffd",
        "tar, 257, 7573746172",
    })
    void saysWhichOtherFormatItLooksLike(String name, int offset, String magic) {
        byte[] content = new byte[1 << 20];
        byte[] bytes = HexFormat.of().parseHex(magic);
        System.arraycopy(bytes, 0, content, offset, bytes.length);
        Path file = DiskFolder.file(folder, "image", content);
        refuses(file, false, "it looks like " + name + ", not like a raw image. Convert it (");
        OpenDisk.open(file, false, CacheMode.WRITEBACK, true).close();
    }

    @Test
    void aShortFileOfAnotherFormatIsToldBeforeItsSize() {
        byte[] gzip = Arrays.copyOf(HexFormat.of().parseHex("1f8b0800"), 77);
        refuses(DiskFolder.file(folder, "x.gz", gzip), false, "it looks like gzip");
    }

    @Test
    void oneWriterOrManyReaders() {
        Path file = DiskFolder.file(folder, "disk.img", new byte[4096]);
        long own = PidFile.ownPid();
        try (OpenDisk writer = open(file, false)) {
            refuses(file, false, "it is in use by process " + own + ". Stop it");
            refuses(file, true, "it is in use by process " + own + ", which may write it.");
            assertEquals(4096, writer.geometry().capacityBytes());
        }
        try (OpenDisk reader = open(file, true);
                OpenDisk another = open(file, true)) {
            refuses(file, false, "it is in use by process " + own);
            assertEquals(reader.geometry(), another.geometry());
        }
        open(file, false).close();
    }

    @Test
    void namesTheOtherProcessAndTakesOverWhenItDies() throws Exception {
        Path file = DiskFolder.file(folder, "disk.img", new byte[4096]);
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process other =
                new ProcessBuilder(
                                java.toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Holder.class.getName(),
                                file.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            byte[] ready = other.getInputStream().readNBytes(6);
            assertEquals("locked", new String(ready, StandardCharsets.US_ASCII));
            refuses(file, false, "it is in use by process " + other.pid() + ".");
        } finally {
            other.destroyForcibly().waitFor();
        }
        open(file, false).close();
    }

    /** Holds a disk until its standard input ends. */
    static final class Holder {
        private Holder() {}

        /** Opens the named disk, says so, and stays. */
        public static void main(String[] arguments) throws IOException {
            try (OpenDisk disk = open(Path.of(arguments[0]), false)) {
                System.out.print("locked");
                System.out.flush();
                System.in.read();
                assertTrue(disk.geometry().capacityBytes() > 0);
            }
        }
    }

    @Test
    void aFileThatMayOnlyBeReadNeedsRo() throws Exception {
        Path file = DiskFolder.file(folder, "disk.img", new byte[4096]);
        assumeTrue(chattr("+i", file), "this file system cannot make a file immutable");
        try {
            refuses(file, false, "it may be read but not written. Add ',ro'");
            open(file, true).close();
        } finally {
            chattr("-i", file);
        }
    }

    private static boolean chattr(String change, Path file) throws Exception {
        return new ProcessBuilder("chattr", change, file.toString()).start().waitFor() == 0;
    }

    @Test
    void directAccessNeedsWholeBlocksOfTheFileSystem() {
        Path file = DiskFolder.file(folder, "disk.img", new byte[4096 + 512]);
        try (OpenDisk disk = OpenDisk.open(file, false, CacheMode.NONE, false)) {
            assertEquals(512, disk.geometry().logicalBlockBytes());
        } catch (DiskException e) {
            assertTrue(e.getMessage().contains("O_DIRECT"), e.getMessage());
            assertTrue(e.getMessage().contains("cache=writeback"), e.getMessage());
        }
        assertTrue(Files.exists(file));
    }
}
