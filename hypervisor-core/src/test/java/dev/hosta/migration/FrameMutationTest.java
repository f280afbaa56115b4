package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.migration.FrameStream.Frame;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/** Headers, page numbers and messages near good ones: taken, or refused as a peer's are. */
final class FrameMutationTest {
    private static ByteBuffer header(FrameType type, int length, long sequence) {
        ByteBuffer bytes = ByteBuffer.allocate(FrameHeader.BYTES);
        new FrameHeader(type, length, sequence, 7).write(bytes);
        return bytes.flip();
    }

    @Test
    void aHeaderIsReadAsItWasWritten() {
        FrameHeader read = FrameHeader.read(header(FrameType.STATE, 12345, 1L << 40), 1L << 40);
        assertEquals(new FrameHeader(FrameType.STATE, 12345, 1L << 40, 7), read);
    }

    @Test
    void everyChangedBitOfAHeaderIsSeen() {
        for (int bit = 0; bit < 20 * 8; bit++) {
            ByteBuffer bytes = header(FrameType.ROUND, 100, 5);
            bytes.put(bit / 8, (byte) (bytes.get(bit / 8) ^ 1 << bit % 8));
            assertThrows(MigrationException.class, () -> FrameHeader.read(bytes, 5), "bit " + bit);
        }
    }

    @Test
    void whatIsTooLongOrOutOfOrderIsRefused() {
        for (FrameType type : FrameType.values()) {
            FrameHeader.read(header(type, type.mostBytes(), 0), 0);
            ByteBuffer tooLong = header(type, type.mostBytes() + 1, 0);
            assertThrows(MigrationException.class, () -> FrameHeader.read(tooLong, 0));
            ByteBuffer negative = header(type, -1, 0);
            assertThrows(MigrationException.class, () -> FrameHeader.read(negative, 0));
        }
        ByteBuffer repeated = header(FrameType.BEAT, 0, 3);
        assertThrows(MigrationException.class, () -> FrameHeader.read(repeated, 4));
    }

    private static ByteBuffer pages(long first, int count) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putInt(count)
                .putInt(0)
                .flip();
    }

    private static int length(int count) {
        return PageFrame.headBytes(count) + count * PageFrame.PAGE_BYTES;
    }

    @Test
    void pagesOutsideRamAreRefused() {
        long ram = 1000;
        assertEquals(new PageFrame(999, 1), PageFrame.readPages(pages(999, 1), length(1), ram));
        long[][] bad = {{1000, 1}, {999, 2}, {-1, 1}, {Long.MAX_VALUE, 1}, {Long.MIN_VALUE, 2}};
        for (long[] range : bad) {
            int count = (int) range[1];
            assertThrows(
                    MigrationException.class,
                    () -> PageFrame.readPages(pages(range[0], count), length(count), ram));
            ByteBuffer zeros = ByteBuffer.wrap(new PageFrame(range[0], count).zeros());
            assertThrows(MigrationException.class, () -> PageFrame.readZeros(zeros, ram));
        }
        for (int count : new int[] {0, -1, 257, Integer.MAX_VALUE}) {
            assertThrows(
                    MigrationException.class,
                    () -> PageFrame.readPages(pages(0, count), length(1), ram));
        }
        ByteBuffer endless = ByteBuffer.wrap(new PageFrame(1, Long.MAX_VALUE).zeros());
        assertThrows(MigrationException.class, () -> PageFrame.readZeros(endless, ram));
    }

    @Test
    void aMessageNearAGoodOneIsReadOrRefused() {
        byte[] good = Message.write(new Message.Round(3, 77, List.of(1L, 2L)));
        Random random = new Random(5);
        int read = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            read += attempt(FrameType.ROUND, bytes) ? 1 : 0;
        }
        assertTrue(read > 0 && read < 2000, "read=" + read);
    }

    /** Whether a payload is read; anything but a proper refusal comes out. */
    static boolean attempt(FrameType type, byte[] payload) {
        Frame frame = new Frame(new FrameHeader(type, payload.length, 0, 0), payload);
        try {
            switch (type) {
                case HELLO -> Message.read(frame, Message.Hello.class);
                case JOIN -> Message.read(frame, Message.Join.class);
                case CHOICE -> Message.read(frame, Message.Choice.class);
                case RESERVE -> Message.read(frame, Message.Reserve.class);
                case RESERVED -> Message.read(frame, Message.Reserved.class);
                case CANCEL -> Message.read(frame, Message.Cancel.class);
                case ROUND -> Message.read(frame, Message.Round.class);
                case STATE -> Message.readState(frame);
                case READY, GO, HEARD -> Message.read(frame, Message.Token.class);
                case RUNNING -> Message.read(frame, Message.Running.class);
                case ABORTED -> Message.read(frame, Message.Aborted.class);
                case ZEROS -> PageFrame.readZeros(ByteBuffer.wrap(payload), 1000);
                case PAGES -> {
                    if (payload.length >= 16) {
                        PageFrame.readPages(ByteBuffer.wrap(payload), payload.length, 1000);
                    }
                }
                case PACKED -> {
                    if (payload.length >= 16) {
                        ByteBuffer start = ByteBuffer.wrap(payload);
                        PageFrame.readPacked(start, payload.length, 1000);
                        new PagePacking()
                                .unpack(start.position(16), MemorySegment.ofArray(new byte[4096]));
                    }
                }
                case BEAT -> {}
            }
            return true;
        } catch (MigrationException e) {
            return false;
        }
    }
}
