package dev.hosta.control.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.hosta.linux.LinuxException;
import dev.hosta.linux.UnixStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The server on a real socket, with clients of every kind. */
@Timeout(60)
class HttpServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path folder;
    private Path socket;
    private HttpServer server;

    @BeforeEach
    void start() {
        socket = folder.resolve("api.sock");
        server =
                HttpServer.start(
                        socket,
                        r ->
                                HttpResponse.ok(
                                        r.method()
                                                + " "
                                                + r.path()
                                                + " "
                                                + r.query()
                                                + " "
                                                + r.body().length));
    }

    @AfterEach
    void end() {
        server.close();
    }

    /** Sends bytes, ends the output, and gives all that comes back. */
    private String exchange(String request) throws IOException {
        try (UnixStream stream = UnixStream.connect(socket)) {
            stream.timeout(PATIENCE);
            stream.output().write(request.getBytes(StandardCharsets.ISO_8859_1));
            stream.endOutput();
            return new String(stream.input().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void isTheOwnersAloneAndGoesWithTheServer() throws IOException {
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        server.close();
        assertTrue(Files.notExists(socket));
    }

    @Test
    void answersManyRequestsOnOneConnection() throws IOException {
        try (HttpClient client = HttpClient.connect(socket, PATIENCE)) {
            assertEquals("GET /a {} 0", client.call("GET", "/a", "").body());
            assertEquals("PUT /b {c=d e} 3", client.call("PUT", "/b?c=d%20e", "xyz").body());
        }
    }

    @Test
    void readsChunksAndAsksForWhatAClientHoldsBack() throws IOException {
        String answer =
                exchange(
                        "PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                                + "Expect: 100-continue\r\n\r\n"
                                + "3;note=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), answer);
        assertTrue(answer.endsWith("PUT /x {} 5"), answer);
    }

    @ParameterizedTest
    @CsvSource({
        "400, 'rubbish\r\n\r\n'",
        "400, 'GET  /x HTTP/1.1\r\n\r\n'",
        "400, 'GET x HTTP/1.1\r\n\r\n'",
        "400, 'GET /%zz HTTP/1.1\r\n\r\n'",
        "505, 'GET /x HTTP/2.0\r\n\r\n'",
        "400, 'GET /x HTTP/1.1\r\nA : b\r\n\r\n'",
        "400, 'GET /x HTTP/1.1\r\n folded\r\n\r\n'",
        "400, 'PUT /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n'",
        "400, 'PUT /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'",
        "400, 'PUT /x HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na'",
        "501, 'PUT /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n'",
        "413, 'PUT /x HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n'",
        "413, 'PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n'",
        "417, 'PUT /x HTTP/1.1\r\nExpect: miracles\r\n\r\n'",
    })
    void refusesWhatIsNoRequest(int status, String request) throws IOException {
        String answer = exchange(request);
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("Connection: close\r\n"), answer);
    }

    @Test
    void refusesHeadsWithoutEndAndOutlivesThem() throws IOException {
        String answer = exchange("GET /x HTTP/1.1\r\nA: " + "b".repeat(40_000) + "\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
        assertEquals("", exchange("GET /x HT"));
        assertEquals("", exchange(""));
        assertTrue(exchange("GET /y HTTP/1.0\r\n\r\n").endsWith("GET /y {} 0"));
    }

    @Test
    void serves200ClientsAtOnce() throws Exception {
        List<Future<String>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(200)) {
            for (int i = 0; i < 200; i++) {
                String path = "/" + i;
                answers.add(
                        clients.submit(
                                () -> {
                                    try (HttpClient c = HttpClient.connect(socket, PATIENCE)) {
                                        return c.call("GET", path, "").body();
                                    }
                                }));
            }
            for (int i = 0; i < 200; i++) {
                assertEquals("GET /" + i + " {} 0", answers.get(i).get());
            }
        }
    }

    @Test
    void aLongPathWorksAndASocketInUseIsLeftAlone() throws IOException {
        Path other = Files.createDirectory(folder.resolve("x".repeat(120))).resolve("api.sock");
        HttpServer first = HttpServer.start(other, r -> HttpResponse.ok("first"));
        assertTrue(
                assertThrows(
                                LinuxException.class,
                                () -> HttpServer.start(other, r -> HttpResponse.done()))
                        .getMessage()
                        .contains("EADDRINUSE"));
        try (HttpClient client = HttpClient.connect(other, PATIENCE)) {
            assertEquals("first", client.call("GET", "/", "").body());
        }
        first.close();
    }

    @Test
    void aSlowClientGetsItsAnswerAndALineIsFree() throws IOException {
        Path other = folder.resolve("slow.sock");
        ConnectionLimits little =
                new ConnectionLimits(Duration.ofMillis(200), Duration.ofMillis(200));
        HttpServer impatient = HttpServer.start(other, r -> HttpResponse.ok("never"), little);
        try (UnixStream stream = UnixStream.connect(other)) {
            stream.timeout(PATIENCE);
            stream.output().write("PUT /x HTTP/1.1\r\nContent-Le".getBytes(US_ASCII));
            String answer = new String(stream.input().readAllBytes(), US_ASCII);
            assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
        } finally {
            impatient.close();
        }
    }

    @Test
    void anotherUserIsRefusedWhateverTheFilesMode() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can be another user");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        Path open = Files.createTempDirectory(Path.of("/tmp"), "hosta-test");
        Path shared = open.resolve("api.sock");
        HttpServer mine = HttpServer.start(shared, r -> HttpResponse.ok("mine"));
        try {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rw-rw-rw-"));
            assertEquals("mine 200", curl(shared, List.of()));
            String nobody = curl(shared, List.of("setpriv", "--reuid=65534", "--clear-groups"));
            assertTrue(nobody.endsWith(" 403") && nobody.contains("root"), nobody);
        } finally {
            mine.close();
            Files.delete(open);
        }
    }

    private static String curl(Path socket, List<String> as) throws Exception {
        List<String> command = new ArrayList<>(as);
        command.addAll(List.of("curl", "-sS", "-w", " %{http_code}", "--unix-socket"));
        command.addAll(List.of(socket.toString(), "http://localhost/"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), US_ASCII);
        assertEquals(0, process.waitFor(), out);
        return out;
    }
}
