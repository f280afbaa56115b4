package dev.hosta.control.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads requests, one after the other, from a connection.
 *
 * <p>Threading: one thread.
 */
final class RequestReader {
    private static final byte[] CONTINUE =
            "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final MessageReader reader;
    private final OutputStream out;

    /**
     * Reads from {@code in}.
     *
     * @param out gets the word to go on that a client may ask for before it sends a body
     * @param limitNanos how long one request may take from its first byte on; 0 for no limit
     */
    RequestReader(InputStream in, OutputStream out, long limitNanos) {
        this.reader = new MessageReader(in, limitNanos);
        this.out = out;
    }

    /**
     * The next request; empty where the connection ended before one.
     *
     * @throws HttpException for what is no request; nothing more can be read then
     * @throws IOException where the connection breaks or takes too long
     */
    Optional<HttpRequest> next() throws IOException {
        if (!reader.awaitMessage()) {
            return Optional.empty();
        }
        String line = reader.line();
        // Empty lines before a request are to be passed over (RFC 9112 2.2); one is enough.
        String[] words = (line.isEmpty() ? reader.line() : line).split(" ", -1);
        if (words.length != 3 || !MessageReader.isToken(words[0])) {
            throw new HttpException(400, "This is no HTTP request.");
        }
        boolean persistent = isPersistent(words[2]);
        String target = pathAndQuery(words[1]);
        Map<String, String> headers = reader.headers();
        long length = MessageReader.bodyLength(headers);
        String expected = headers.get("expect");
        if (expected != null) {
            if (!MessageReader.lower(expected).equals("100-continue")) {
                throw new HttpException(417, "Only 100-continue can be expected.");
            }
            out.write(CONTINUE);
        }
        byte[] body = reader.body(length);
        String connection = MessageReader.lower(headers.getOrDefault("connection", ""));
        boolean keepAlive =
                persistent ? !connection.contains("close") : connection.contains("keep-alive");
        int mark = target.indexOf('?');
        return Optional.of(
                new HttpRequest(
                        words[0],
                        decoded(mark < 0 ? target : target.substring(0, mark)),
                        mark < 0 ? Map.of() : query(target.substring(mark + 1)),
                        headers,
                        body,
                        keepAlive));
    }

    /** Whether connections of that version last unless said otherwise. */
    private static boolean isPersistent(String version) {
        return switch (version) {
            case "HTTP/1.1" -> true;
            case "HTTP/1.0" -> false;
            default ->
                    throw new HttpException(
                            version.startsWith("HTTP/") ? 505 : 400,
                            "Only HTTP/1.1 is spoken here.");
        };
    }

    /** Takes scheme and host away, which a request may carry. */
    private static String pathAndQuery(String target) {
        String from = target;
        if (target.startsWith("http://")) {
            int slash = target.indexOf('/', "http://".length());
            from = slash < 0 ? "/" : target.substring(slash);
        }
        if (!from.startsWith("/")) {
            throw new HttpException(400, "A path starts with a slash.");
        }
        return from;
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (!key.isEmpty()) {
                query.put(decoded(key), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new HttpException(400, "The path holds a wrong % code.");
        }
    }
}
