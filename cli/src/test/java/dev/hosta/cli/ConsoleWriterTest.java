package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

class ConsoleWriterTest {
    private final ConsoleWriter writer = new ConsoleWriter();
    private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

    private void say(String text) {
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            writer.write(b & 0xff);
        }
    }

    @Test
    void passesAllOnInOrderFromBeforeTheStartToTheFlush() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        say("before\n");
        writer.start(out, "a test", notices::add);
        StringBuilder expected = new StringBuilder("before\n");
        for (int i = 0; i < 20_000; i++) {
            say("line " + i + "\n");
            expected.append("line ").append(i).append('\n');
        }
        writer.flush(0);
        assertEquals(expected.toString(), out.toString(StandardCharsets.ISO_8859_1));
    }

    @Test
    void showsAPromptWithoutALineEnd() throws InterruptedException {
        BlockingQueue<String> writes = new LinkedBlockingQueue<>();
        writer.start(new Recorder(writes), "a test", notices::add);
        say("$ ");
        assertEquals("$", writes.take().substring(0, 1));
    }

    @Test
    void writesABurstInFewPieces() {
        BlockingQueue<String> writes = new LinkedBlockingQueue<>();
        say("0123456789".repeat(1000) + "\n");
        writer.start(new Recorder(writes), "a test", notices::add);
        writer.flush(0);
        assertTrue(writes.size() <= 4, "writes: " + writes.size());
    }

    @Test
    void tellsOnceOfAStreamThatFailsAndTakesTheRest() throws InterruptedException {
        writer.start(new Full(), "/disk/log", notices::add);
        say("x".repeat(200_000) + "\n");
        writer.flush(0);
        assertEquals(
                "Cannot write the console to /disk/log: No space left on device. The guest runs on"
                        + " without it.",
                notices.take());
        assertTrue(notices.isEmpty());
    }

    @Test
    void aStreamThatTakesNothingHoldsNobodyAfterTheRelease() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        writer.start(new Stuck(entered, never), "a test", notices::add);
        Thread guest = new Thread(() -> say("x".repeat(200_000)));
        guest.start();
        entered.await();
        writer.release();
        guest.join();
        writer.flush(10);
        never.countDown();
    }

    private static final class Recorder extends OutputStream {
        private final BlockingQueue<String> writes;

        Recorder(BlockingQueue<String> writes) {
            this.writes = writes;
        }

        @Override
        public void write(int b) {
            writes.add(String.valueOf((char) b));
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            writes.add(new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
        }
    }

    private static final class Full extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("No space left on device");
        }
    }

    private static final class Stuck extends OutputStream {
        private final CountDownLatch entered;
        private final CountDownLatch never;

        Stuck(CountDownLatch entered, CountDownLatch never) {
            this.entered = entered;
            this.never = never;
        }

        @Override
        public void write(int b) {
            entered.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
