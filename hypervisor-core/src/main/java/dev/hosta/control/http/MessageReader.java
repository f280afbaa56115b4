package dev.hosta.control.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What requests and answers have in common: a first line, headers, a body.
 *
 * <p>Every length is bounded: the head by {@value #MOST_HEAD_BYTES} bytes, the body by {@value
 * #MOST_BODY_BYTES}; the whole of a message by a time limit.
 *
 * <p>Threading: one thread.
 */
final class MessageReader {
    static final int MOST_HEAD_BYTES = 16 << 10;
    static final int MOST_BODY_BYTES = 1 << 20;
    private static final int MOST_CHUNK_LINE = 256;

    private final InputStream in;
    private final long limitNanos;
    private final byte[] buffer = new byte[4096];
    private int at;
    private int end;
    private int headLeft;
    private long startNanos;

    /**
     * Reads from a stream that gives up by itself when nothing at all comes.
     *
     * @param limitNanos how long one message may take from its first byte on
     */
    MessageReader(InputStream in, long limitNanos) {
        this.in = in;
        this.limitNanos = limitNanos;
    }

    /** Waits for the first byte of the next message; false where the connection ends instead. */
    boolean awaitMessage() throws IOException {
        headLeft = MOST_HEAD_BYTES;
        startNanos = System.nanoTime();
        boolean more = at < end || fill();
        startNanos = System.nanoTime();
        return more;
    }

    /** Reads the headers that follow the first line, by name in lower case. */
    Map<String, String> headers() throws IOException {
        Map<String, String> headers = new HashMap<>();
        for (String line; !(line = line()).isEmpty(); ) {
            int colon = line.indexOf(':');
            // A name is a token: no blank before the colon, no line that goes on (RFC 9112 5.1).
            if (colon <= 0 || !isToken(line.substring(0, colon))) {
                throw new HttpException(400, "A header line has no name.");
            }
            String name = lower(line.substring(0, colon));
            String value = line.substring(colon + 1).strip();
            String before = headers.putIfAbsent(name, value);
            if (before != null) {
                if (name.equals("content-length") || name.equals("transfer-encoding")) {
                    throw new HttpException(400, "The body's length is given twice.");
                }
                headers.put(name, before + ", " + value);
            }
        }
        return headers;
    }

    /** Letters of ASCII alone, whatever the host's language. */
    static String lower(String text) {
        return text.toLowerCase(java.util.Locale.ROOT);
    }

    static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** A line of the head, without its end. */
    String line() throws IOException {
        byte[] line = new byte[128];
        int length = 0;
        for (int b; (b = next()) != '\n'; ) {
            if (--headLeft <= 0) {
                throw new HttpException(431, "The head is longer than 16 KiB.");
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length++] = (byte) b;
        }
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        for (int i = 0; i < length; i++) {
            if (line[i] >= 0 && line[i] < ' ' && line[i] != '\t' || line[i] == 0x7f) {
                throw new HttpException(400, "A line holds a control character.");
            }
        }
        return new String(line, 0, length, StandardCharsets.ISO_8859_1);
    }

    /**
     * How long the body is, as the headers say.
     *
     * @return bytes; -1 for chunks, 0 where there is no body
     */
    static long bodyLength(Map<String, String> headers) {
        String length = headers.get("content-length");
        String coding = headers.get("transfer-encoding");
        if (coding != null) {
            if (length != null) {
                throw new HttpException(400, "The body's length is given twice.");
            }
            if (!lower(coding).equals("chunked")) {
                throw new HttpException(501, "The body may be chunked, not coded otherwise.");
            }
            return -1;
        }
        if (length == null) {
            return 0;
        }
        if (length.isEmpty() || length.length() > 18 || !isDigits(length)) {
            throw new HttpException(400, "The body's length is no number.");
        }
        return requireFits(Long.parseLong(length));
    }

    private static boolean isDigits(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static long requireFits(long bytes) {
        if (bytes > MOST_BODY_BYTES) {
            throw new HttpException(413, "The body is longer than 1 MiB.");
        }
        return bytes;
    }

    /** Reads a body of that length; -1 for chunks. */
    byte[] body(long length) throws IOException {
        if (length >= 0) {
            return exactly(new byte[0], (int) length);
        }
        byte[] body = new byte[0];
        while (true) {
            int size = chunkSize();
            if (size == 0) {
                skipTrailer();
                return body;
            }
            requireFits((long) body.length + size);
            body = exactly(body, size);
            headLeft = MOST_CHUNK_LINE;
            if (!line().isEmpty()) {
                throw new HttpException(400, "A chunk is longer than it says.");
            }
        }
    }

    private int chunkSize() throws IOException {
        headLeft = MOST_CHUNK_LINE;
        String line = line();
        int end = line.indexOf(';');
        String size = (end < 0 ? line : line.substring(0, end)).strip();
        if (size.isEmpty() || size.length() > 7) {
            throw new HttpException(size.isEmpty() ? 400 : 413, "A chunk has no fit size.");
        }
        int value = 0;
        for (int i = 0; i < size.length(); i++) {
            int digit = Character.digit(size.charAt(i), 16);
            if (digit < 0) {
                throw new HttpException(400, "A chunk's size is no number.");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private void skipTrailer() throws IOException {
        headLeft = MOST_HEAD_BYTES;
        headers();
    }

    /** Appends so many bytes; takes memory only for what has come. */
    private byte[] exactly(byte[] before, int count) throws IOException {
        byte[] all = before;
        int length = before.length;
        int wanted = length + count;
        while (length < wanted) {
            if (at == end && !fill()) {
                throw new EOFException("The connection ended inside a body");
            }
            int part = Math.min(end - at, wanted - length);
            if (length + part > all.length) {
                all = Arrays.copyOf(all, Math.min(wanted, Math.max(4096, 2 * (length + part))));
            }
            System.arraycopy(buffer, at, all, length, part);
            at += part;
            length += part;
        }
        return all.length == wanted ? all : Arrays.copyOf(all, wanted);
    }

    private int next() throws IOException {
        if (at == end && !fill()) {
            throw new EOFException("The connection ended inside a message");
        }
        return buffer[at++] & 0xff;
    }

    private boolean fill() throws IOException {
        at = 0;
        end = 0;
        if (limitNanos > 0 && System.nanoTime() - startNanos > limitNanos) {
            throw new InterruptedIOException("The message takes too long");
        }
        end = Math.max(0, in.read(buffer, 0, buffer.length));
        return end > 0;
    }
}
