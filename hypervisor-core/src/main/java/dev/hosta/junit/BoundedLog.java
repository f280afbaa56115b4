package dev.hosta.junit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a guest said, however much that is: its beginning and its end.
 *
 * <p>Threading: any thread.
 */
final class BoundedLog extends OutputStream {
    /** Bytes that are kept of the beginning, and as many of the end. */
    static final int KEPT_BYTES = 512 << 10;

    private final ByteArrayOutputStream first = new ByteArrayOutputStream();
    private byte[] last = new byte[0];
    private long total;

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        int head = Math.min(length, KEPT_BYTES - first.size());
        first.write(bytes, offset, head);
        if (length > head && last.length == 0) {
            last = new byte[KEPT_BYTES];
        }
        for (int i = Math.max(head, length - KEPT_BYTES); i < length; i++) {
            last[(int) ((total + i) % KEPT_BYTES)] = bytes[offset + i];
        }
        total += length;
    }

    /** Whether nothing was written. */
    synchronized boolean isEmpty() {
        return total == 0;
    }

    /** Writes what was kept, with a line for what was not. */
    synchronized void writeTo(OutputStream out) throws IOException {
        first.writeTo(out);
        long behind = total - first.size();
        if (behind > KEPT_BYTES) {
            long lost = behind - KEPT_BYTES;
            out.write(("\n[... " + lost + " bytes ...]\n").getBytes(StandardCharsets.US_ASCII));
        }
        long from = Math.max(first.size(), total - KEPT_BYTES);
        if (behind > 0) {
            int at = (int) (from % KEPT_BYTES);
            int length = (int) (total - from);
            int upToEnd = Math.min(length, KEPT_BYTES - at);
            out.write(last, at, upToEnd);
            out.write(last, 0, length - upToEnd);
        }
    }
}
