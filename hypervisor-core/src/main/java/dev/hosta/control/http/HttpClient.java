package dev.hosta.control.http;

import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixStream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Asks a server on a Unix socket, one request after the other.
 *
 * <p>Threading: one thread.
 */
public final class HttpClient implements AutoCloseable {
    private final UnixStream stream;
    private final MessageReader reader;

    private HttpClient(UnixStream stream) {
        this.stream = stream;
        this.reader = new MessageReader(stream.input(), 0);
    }

    /**
     * Connects.
     *
     * @param patience how long the server may keep still; zero for ever
     * @throws LinuxException where nobody listens
     */
    public static HttpClient connect(Path socket, Duration patience) {
        UnixStream stream = UnixStream.connect(socket);
        stream.timeout(patience);
        return new HttpClient(stream);
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @param target path and query, encoded
     * @param body JSON, or empty for none
     * @throws IOException where the connection breaks or keeps still too long
     * @throws HttpException where what comes back is no answer
     */
    public HttpResponse call(String method, String target, String body) throws IOException {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder(method).append(' ').append(target);
        head.append(" HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n");
        if (content.length > 0) {
            head.append("Content-Type: application/json\r\n");
            head.append("Content-Length: ").append(content.length).append("\r\n");
        }
        stream.output().write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        stream.output().write(content);
        if (!reader.awaitMessage()) {
            throw new IOException("The server ended the connection");
        }
        String[] words = reader.line().split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/1.") || words[1].length() != 3) {
            throw new HttpException(500, "What came back is no HTTP.");
        }
        int status = status(words[1]);
        Map<String, String> headers = reader.headers();
        long length = status == 204 ? 0 : MessageReader.bodyLength(headers);
        return new HttpResponse(status, new String(reader.body(length), StandardCharsets.UTF_8));
    }

    private static int status(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new HttpException(500, "What came back has no status.");
        }
    }

    @Override
    public void close() {
        stream.close();
    }
}
