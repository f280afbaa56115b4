package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Pages as blocks of LZ4: what goes in comes out, where it pays, and nothing else does. */
@Timeout(120)
final class PackingTest {
    private final PagePacking packing = new PagePacking();

    private static byte[] pages(int count, int different) {
        byte[] bytes = new byte[count * PageFrame.PAGE_BYTES];
        Random random = new Random(3);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt(different);
        }
        return bytes;
    }

    private byte[] packed(byte[] pages) {
        ByteBuffer block = packing.pack(MemorySegment.ofArray(pages));
        byte[] bytes = new byte[block.remaining()];
        block.get(bytes);
        return bytes;
    }

    @Test
    void pagesComeOutAsTheyWentIn() {
        for (int count : new int[] {1, 7, PageFrame.MOST_PAGES}) {
            byte[] pages = pages(count, 4);
            byte[] block = packed(pages);
            assertTrue(block.length > 0 && block.length < pages.length * 7 / 8);
            byte[] out = new byte[pages.length];
            packing.unpack(ByteBuffer.wrap(block), MemorySegment.ofArray(out));
            assertArrayEquals(pages, out);
        }
    }

    @Test
    void whatDoesNotGetSmallerIsNotPacked() {
        assertEquals(0, packed(pages(16, 256)).length);
    }

    @Test
    void aBlockNearAGoodOneIsReadOrRefused() {
        byte[] good = packed(pages(2, 3));
        byte[] out = new byte[2 * PageFrame.PAGE_BYTES];
        Random random = new Random(9);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] block = Arrays.copyOf(good, 1 + random.nextInt(good.length));
            block[random.nextInt(block.length)] = (byte) random.nextInt(256);
            try {
                packing.unpack(ByteBuffer.wrap(block), MemorySegment.ofArray(out));
            } catch (MigrationException e) {
                refused++;
            }
        }
        assertTrue(refused > 10_000, "refused=" + refused);
    }

    private static ByteBuffer head(long first, int count, int length) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putInt(count)
                .putInt(length)
                .flip();
    }

    @Test
    void aBlockOfAnotherLengthOrPlaceIsRefused() {
        int whole = PageFrame.headBytes(2) + 100;
        assertEquals(new PageFrame(5, 2), PageFrame.readPacked(head(5, 2, 100), whole, 10));
        int[][] bad = {{2, 101}, {2, 99}, {0, 100}, {-1, 100}, {257, 100}, {2, 0}, {2, -1}};
        for (int[] one : bad) {
            assertThrows(
                    MigrationException.class,
                    () -> PageFrame.readPacked(head(5, one[0], one[1]), whole, 10));
        }
        assertThrows(
                MigrationException.class, () -> PageFrame.readPacked(head(9, 2, 100), whole, 10));
        int tooMuch = PageFrame.PAGE_BYTES + 1;
        assertThrows(
                MigrationException.class,
                () ->
                        PageFrame.readPacked(
                                head(5, 1, tooMuch), PageFrame.headBytes(1) + tooMuch, 10));
    }

    /** Sends as many frames as a choice needs to settle, each of this cost. */
    private static boolean settled(PackingChoice choice, long plainNanos, long packedNanos) {
        for (int frame = 0; frame < 100; frame++) {
            choice.sent(256, choice.packs() ? packedNanos : plainNanos);
        }
        return choice.packs();
    }

    @Test
    void whatIsQuickerIsChosenAndLookedAtAgain() {
        assertTrue(settled(new PackingChoice(Compression.AUTO), 1000, 500));
        PackingChoice choice = new PackingChoice(Compression.AUTO);
        assertFalse(settled(choice, 500, 1000));
        for (int more = 0; more < 4; more++) {
            settled(choice, 2000, 1000);
        }
        assertTrue(settled(choice, 2000, 1000), "The link has become slow");
        assertTrue(settled(new PackingChoice(Compression.LZ4), 1, 1000));
        assertFalse(settled(new PackingChoice(Compression.OFF), 1000, 1));
    }

    @RequiresKvm
    @ParameterizedTest
    @EnumSource(Compression.class)
    void aGuestThatWritesGoesOver(Compression way, @TempDir Path here, @TempDir Path there)
            throws Exception {
        try (TestGuest source = new TestGuest(TestGuest.spec("dirty", "100 8", 1, 16L << 20));
                Ferry ferry = new Ferry(there)) {
            source.machine.start();
            source.await("rounds 1");
            MigrationOptions options = ferry.options().withTransport(new Transport(2, way));
            new MigrationSource(source.machine, options, here).run();
            Ferry.endsWell(ferry.arrived());
        }
    }

    @Test
    void packedPagesAreRefusedWhereTheyWereNotAgreedOn() throws Exception {
        try (Arena arena = Arena.ofConfined();
                PageSums sums = new PageSums(256)) {
            PageReceiver receiver =
                    new PageReceiver(null, arena.allocate(1 << 20), Stripes.all(), sums, false);
            FrameHeader header = new FrameHeader(FrameType.PACKED, 100, 0, 0);
            MigrationException e =
                    assertThrows(MigrationException.class, () -> receiver.pages(header));
            assertTrue(e.getMessage().contains("not agreed on"), e.getMessage());
        }
    }
}
