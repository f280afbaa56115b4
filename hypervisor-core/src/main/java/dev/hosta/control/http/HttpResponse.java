package dev.hosta.control.http;

import java.nio.charset.StandardCharsets;

/**
 * An answer.
 *
 * @param status 200 to 599
 * @param body JSON, or empty for none
 * @param afterwards what to do once the answer is out, such as to end the process
 */
public record HttpResponse(int status, String body, Runnable afterwards) {
    /** An answer with nothing to do afterwards. */
    public HttpResponse(int status, String body) {
        this(status, body, () -> {});
    }

    /** 200 with a body. */
    public static HttpResponse ok(String body) {
        return new HttpResponse(200, body);
    }

    /** 204: done, and nothing to say. */
    public static HttpResponse done() {
        return new HttpResponse(204, "");
    }

    /** 204, and something to do once it is out. */
    public static HttpResponse doneThen(Runnable afterwards) {
        return new HttpResponse(204, "", afterwards);
    }

    /** Whether it is a success, 200 to 299. */
    public boolean isSuccess() {
        return status / 100 == 2;
    }

    /**
     * The bytes on the wire.
     *
     * @param keepAlive whether the connection goes on
     */
    byte[] bytes(boolean keepAlive) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder("HTTP/1.1 ");
        head.append(status).append(' ').append(reason(status)).append("\r\n");
        head.append("Server: Hosta API\r\n");
        if (!keepAlive) {
            head.append("Connection: close\r\n");
        }
        // RFC 9110 8.6: no length with a 204.
        if (status != 204) {
            head.append("Content-Type: application/json\r\n");
            head.append("Content-Length: ").append(content.length).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[start.length + content.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(content, 0, all, start.length, content.length);
        return all;
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 204 -> "No Content";
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 417 -> "Expectation Failed";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 505 -> "HTTP Version Not Supported";
            default -> "Status";
        };
    }
}
