package dev.hosta.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.CpuidEntry;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Saved forms that were damaged, mixed, or are not of this build or this host. */
@RequiresKvm
@Timeout(300)
final class DamagedFormTest {
    private static final List<String> FILES =
            List.of(ManifestFile.NAME, MemorySums.NAME, MemoryFile.NAME);

    @TempDir static Path forms;
    private static TestGuest guest;
    private static Path one;
    private static Path other;

    @TempDir Path folder;
    private Path form;

    @BeforeAll
    static void saveTwice() {
        guest = new TestGuest(TestGuest.spec("dirty", "40 4", 1, 16L << 20));
        guest.machine.start();
        guest.await("rounds 1");
        one = forms.resolve("one");
        other = forms.resolve("other");
        SavedForm.write(guest.machine, one, SaveOptions.SNAPSHOT, SaveProgress.NONE);
        guest.await("tick ", guest.saidLength());
        SavedForm.write(guest.machine, other, SaveOptions.SNAPSHOT, SaveProgress.NONE);
    }

    @AfterAll
    static void close() {
        guest.close();
    }

    @BeforeEach
    void copy() throws IOException {
        form = Files.createDirectory(folder.resolve("form"));
        for (String name : FILES) {
            Files.copy(one.resolve(name), form.resolve(name));
        }
    }

    private void restore() {
        SavedForm.read(form).restore(Overrides.NONE, value -> {}, RestoreOptions.CHECKED).close();
    }

    private <T extends SavedFormException> T refused(Class<T> how) {
        SavedFormException refused = assertThrows(SavedFormException.class, this::restore);
        assertInstanceOf(how, refused, refused.getMessage());
        assertTrue(refused.getMessage().contains(refused.file().toString()));
        assertEquals(1, refused.getMessage().lines().count());
        return how.cast(refused);
    }

    @Test
    void theCopyItselfIsGood() {
        restore();
    }

    @Test
    void aFileCutShortIsRefused() throws IOException {
        for (String name : FILES) {
            byte[] whole = Files.readAllBytes(form.resolve(name));
            for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
                Files.write(form.resolve(name), Arrays.copyOf(whole, length));
                assertEquals(form.resolve(name), refused(SavedFormException.Corrupt.class).file());
            }
            Files.write(form.resolve(name), Arrays.copyOf(whole, whole.length + 1));
            refused(SavedFormException.Corrupt.class);
            Files.delete(form.resolve(name));
            assertEquals(form.resolve(name), refused(SavedFormException.Corrupt.class).file());
            Files.write(form.resolve(name), whole);
        }
        restore();
    }

    @Test
    void everyFlippedBitIsRefused() throws IOException {
        Random random = new Random(4);
        for (String name : FILES) {
            try (FileChannel file =
                    FileChannel.open(
                            form.resolve(name),
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE)) {
                for (int i = 0; i < 120; i++) {
                    long at = random.nextLong(file.size());
                    int bit = 1 << random.nextInt(8);
                    flip(file, at, bit);
                    SavedFormException refused =
                            assertThrows(
                                    SavedFormException.class, this::restore, name + " at " + at);
                    assertInstanceOf(SavedFormException.Corrupt.class, refused);
                    flip(file, at, bit);
                }
            }
        }
        restore();
    }

    private static void flip(FileChannel file, long at, int bit) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        file.read(one, at);
        one.put(0, (byte) (one.get(0) ^ bit));
        file.write(one.flip(), at);
    }

    @Test
    void filesOfTwoFormsDoNotMix() throws IOException {
        for (String name : FILES) {
            Path file = form.resolve(name);
            Files.copy(other.resolve(name), file, StandardCopyOption.REPLACE_EXISTING);
            refused(SavedFormException.Corrupt.class);
            Files.copy(one.resolve(name), file, StandardCopyOption.REPLACE_EXISTING);
        }
        restore();
    }

    @Test
    void whereZerosAreKeptDoesNotMatter() throws IOException {
        // A copy that fills holes with zeros.
        byte[] memory = Files.readAllBytes(form.resolve(MemoryFile.NAME));
        Files.delete(form.resolve(MemoryFile.NAME));
        Files.write(form.resolve(MemoryFile.NAME), memory);
        restore();
    }

    private String manifest() throws IOException {
        String whole = Files.readString(form.resolve(ManifestFile.NAME));
        return whole.substring(0, whole.lastIndexOf(",\"sha256\""));
    }

    private void change(String from, String to) throws IOException {
        String body = manifest();
        assertTrue(body.contains(from), from);
        byte[] changed = body.replace(from, to).getBytes(StandardCharsets.UTF_8);
        Files.write(form.resolve(ManifestFile.NAME), ManifestFile.signed(changed));
    }

    @Test
    void anotherVersionIsSaidToBeOlderOrNewer() throws IOException {
        change("\"version\":1,\"requires\"", "\"version\":2,\"requires\"");
        refused(SavedFormException.TooNew.class);
        change("\"version\":2,\"requires\"", "\"version\":0,\"requires\"");
        refused(SavedFormException.TooOld.class);
    }

    @Test
    void aNeededFeatureThatIsUnknownIsNewer() throws IOException {
        change("\"requires\":[]", "\"requires\":[\"compressed-memory\"]");
        String said = refused(SavedFormException.TooNew.class).getMessage();
        assertTrue(said.contains("compressed-memory"), said);
    }

    @Test
    void stateOfAnotherVersionNamesItsPlace() throws IOException {
        String uart = "\"kind\":\"legacy.uart16550\",\"version\":";
        change(uart + 1, uart + 7);
        String said = refused(SavedFormException.TooNew.class).getMessage();
        assertTrue(said.contains("legacy.uart16550 v7 at /devices/serial0"), said);
        change(uart + 7, uart + 0);
        refused(SavedFormException.TooOld.class);
        change(uart + 0, "\"kind\":\"legacy.floppy\",\"version\":1");
        said = refused(SavedFormException.TooNew.class).getMessage();
        assertTrue(said.contains("legacy.floppy"), said);
    }

    @Test
    void stateThatNoMachineCanHaveIsRefused() throws IOException {
        int mpState = SavedForm.read(form).state().vcpus().getFirst().mpState();
        change("\"mpState\":" + mpState + ",", "\"mpState\":99,");
        String said = refused(SavedFormException.Corrupt.class).getMessage();
        assertTrue(said.contains("MP state"), said);
    }

    @Test
    void stateForAnotherBoardIsRefused() throws IOException {
        change("\"path\":\"/devices/serial0\"", "\"path\":\"/devices/serial7\"");
        refused(SavedFormException.Incompatible.class);
    }

    @Test
    void aGuestOfAnotherCpuIsRefused() throws IOException {
        SavedMachine saved = SavedForm.read(form);
        int leaf1 = 1;
        CpuidEntry features =
                saved.cpu().supported().stream()
                        .filter(e -> e.function() == leaf1)
                        .findFirst()
                        .orElseThrow();
        String key = "\"function\":1,\"index\":0,\"flags\":" + features.flags();
        String registers =
                key
                        + ",\"eax\":"
                        + features.eax()
                        + ",\"ebx\":"
                        + features.ebx()
                        + ",\"ecx\":"
                        + features.ecx();
        // Bit 5, VMX: this host's KVM offers none, or it does and then bit 2, DTES64, is not there.
        int missing = (features.ecx() & 1 << 5) == 0 ? 1 << 5 : 1 << 2;
        change(
                registers,
                registers.replace(
                        "\"ecx\":" + features.ecx(), "\"ecx\":" + (features.ecx() | missing)));
        String said = refused(SavedFormException.Incompatible.class).getMessage();
        assertTrue(said.contains("CPUID 1:ECX."), said);
    }

    @Test
    void anotherVendorIsNamed() {
        GuestCpu intel = vendor(0x756e6547, 0x49656e69, 0x6c65746e);
        GuestCpu amd = vendor(0x68747541, 0x69746e65, 0x444d4163);
        String reason = CpuCheck.reasonAgainst(intel, amd).orElseThrow();
        assertTrue(reason.contains("GenuineIntel"), reason);
        assertTrue(reason.contains("AuthenticAMD"), reason);
        assertTrue(CpuCheck.reasonAgainst(amd, amd).isEmpty());
    }

    private static GuestCpu vendor(int ebx, int edx, int ecx) {
        return new GuestCpu(List.of(new CpuidEntry(0, 0, 0, 13, ebx, ecx, edx)), false);
    }

    @Test
    void nothingIsLeftOpenWhereOneIsRefused() throws IOException {
        Path memory = form.resolve(MemoryFile.NAME);
        byte[] whole = Files.readAllBytes(memory);
        whole[whole.length / 2] ^= 1;
        Files.write(memory, whole);
        refused(SavedFormException.Corrupt.class);
        Path real = memory.toRealPath();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertTrue(open.noneMatch(fd -> points(fd, real)));
        }
    }

    private static boolean points(Path link, Path target) {
        try {
            return Files.readSymbolicLink(link).equals(target);
        } catch (IOException e) {
            return false;
        }
    }
}
