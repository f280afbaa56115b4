package dev.hosta.control.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * A request, whole.
 *
 * @param method as it came, such as {@code PUT}
 * @param path decoded, without the query; starts with a slash
 * @param query its parameters, decoded
 * @param headers by name in lower case
 * @param body empty where there is none
 * @param keepAlive whether the connection goes on after the answer
 */
public record HttpRequest(
        String method,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        byte[] body,
        boolean keepAlive) {
    /** A header's value. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
