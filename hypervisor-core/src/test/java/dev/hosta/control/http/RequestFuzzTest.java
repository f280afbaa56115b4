package dev.hosta.control.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Coverage-guided search for bytes that the reader of requests does not take as a request, an end,
 * or a refusal: {@code mvn -Pfuzz verify}. Any other run tries the seeds.
 */
@Tag("fuzz")
class RequestFuzzTest {
    static Stream<Arguments> seeds() {
        return Stream.of(
                        "GET /api/v1/vm.translate?gva=0x1%20&a HTTP/1.1\r\nHost: l\r\n\r\n",
                        "PUT /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.0\r\n\r\n",
                        "PUT http://h/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                                + "Expect: 100-continue\r\n\r\n3;a\r\nabc\r\n0\r\nT: 1\r\n\r\n",
                        "PUT /x HTTP/1.1\r\nContent-Length: 99999999999999999\r\n\r\n",
                        "\r\n\r\n\r\n")
                .map(text -> Arguments.of(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "30s")
    void everyInputHasAnAnswer(byte[] input) {
        RequestReader reader =
                new RequestReader(new ByteArrayInputStream(input), new ByteArrayOutputStream(), 0);
        try {
            for (Optional<HttpRequest> next; (next = reader.next()).isPresent(); ) {
                HttpRequest request = next.get();
                assertTrue(request.path().startsWith("/"));
                assertTrue(request.body().length <= MessageReader.MOST_BODY_BYTES);
            }
        } catch (HttpException e) {
            assertTrue(e.status() >= 400 && e.status() < 600);
        } catch (IOException e) {
            // The input ended inside a request.
            assertTrue(e.getMessage().contains("ended"));
        }
    }
}
