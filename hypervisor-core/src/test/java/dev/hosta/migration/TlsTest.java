package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.machine.SpecException;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Both sides of a link show certificates; what is wrong with one is said in a line. */
@Timeout(60)
final class TlsTest {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    @TempDir static Path all;
    private static Path good;

    @BeforeAll
    static void makeCertificates() throws Exception {
        good = Certificates.make(all.resolve("good"), "IP:127.0.0.1", 30);
    }

    /** Both ends of a connection; either may have failed. */
    private record Ends(CompletableFuture<Link> source, CompletableFuture<Link> destination)
            implements AutoCloseable {
        static Ends connect(String host, Optional<Path> sourceDir, Optional<Path> destinationDir)
                throws Exception {
            // Enough of a plain connection to be seen as such.
            int first = destinationDir.isPresent() ? 1 : 64;
            ServerSocketChannel server = MigrationAddress.parse("127.0.0.1:0").listen();
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            MigrationAddress to = MigrationAddress.parse(host + ":" + port);
            CompletableFuture<Link> destination =
                    Ends.async(
                            () -> {
                                try (server) {
                                    return Link.accepted(
                                            server.accept(), destinationDir.map(TlsFolder::new));
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            CompletableFuture<Link> source =
                    Ends.async(
                            () -> {
                                Link link = Link.connect(to, sourceDir.map(TlsFolder::new));
                                // The answer to a certificate comes with the first bytes.
                                link.read(ByteBuffer.allocate(1), System.nanoTime() + LIMIT_NANOS);
                                return link;
                            });
            destination.thenAccept(link -> link.write(ByteBuffer.allocate(first)));
            return new Ends(source, destination);
        }

        /** On a thread of its own: the common pool may have but one. */
        static <T> CompletableFuture<T> async(Supplier<T> action) {
            return CompletableFuture.supplyAsync(
                    action, task -> Thread.ofPlatform().daemon().start(task));
        }

        static CompletableFuture<Void> asyncRun(Runnable action) {
            return async(
                    () -> {
                        action.run();
                        return null;
                    });
        }

        static String failure(CompletableFuture<Link> end) {
            CompletionException e = assertThrows(CompletionException.class, end::join);
            return e.getCause().getMessage();
        }

        @Override
        public void close() {
            for (CompletableFuture<Link> end : List.of(source, destination)) {
                end.handle(
                                (link, failure) -> {
                                    if (link != null) {
                                        link.close();
                                    }
                                    return failure;
                                })
                        .join();
            }
        }
    }

    private static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void carry(Link from, Link to, byte[] bytes) {
        CompletableFuture<Void> sent =
                Ends.asyncRun(
                        () ->
                                from.write(
                                        ByteBuffer.wrap(bytes, 0, 10).slice(),
                                        ByteBuffer.wrap(bytes, 10, bytes.length - 10).slice()));
        ByteBuffer came = ByteBuffer.allocateDirect(bytes.length);
        to.read(came, System.nanoTime() + LIMIT_NANOS);
        sent.join();
        byte[] found = new byte[bytes.length];
        came.flip().get(found);
        assertArrayEquals(bytes, found);
    }

    @Test
    void bytesGoBothWaysAtOnceAndTheEndIsSeen() throws Exception {
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(good), Optional.of(good))) {
            Link source = ends.source().join();
            Link destination = ends.destination().join();
            CompletableFuture<Void> other =
                    Ends.asyncRun(() -> carry(destination, source, bytes(3 << 20, 1)));
            carry(source, destination, bytes(5 << 20, 2));
            other.join();
            CompletableFuture<Void> finished = Ends.asyncRun(source::finish);
            MigrationException e =
                    assertThrows(
                            MigrationException.class,
                            () ->
                                    destination.read(
                                            ByteBuffer.allocate(1),
                                            System.nanoTime() + LIMIT_NANOS));
            assertEquals("The peer closed the connection.", e.getMessage());
            destination.close();
            finished.join();
        }
    }

    @Test
    void aDestinationThatTheSourceDoesNotTrustIsRefused() throws Exception {
        Path stranger = Certificates.make(all.resolve("stranger"), "IP:127.0.0.1", 30);
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(good), Optional.of(stranger))) {
            String why = Ends.failure(ends.source());
            assertEquals("The peer's certificate is not signed by this side's ca-cert.pem.", why);
            assertTrue(Ends.failure(ends.destination()).contains("refused the connection's TLS"));
        }
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(stranger), Optional.of(good))) {
            assertEquals(
                    "The peer's certificate is not signed by this side's ca-cert.pem.",
                    Ends.failure(ends.source()));
        }
    }

    @Test
    void aSourceThatTheDestinationDoesNotTrustIsToldSo() throws Exception {
        Path stranger = Certificates.make(all.resolve("stranger2"), "IP:127.0.0.1", 30);
        // It trusts the destination, and shows a certificate that another authority has signed.
        Files.copy(
                good.resolve("ca-cert.pem"),
                stranger.resolve("ca-cert.pem"),
                StandardCopyOption.REPLACE_EXISTING);
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(stranger), Optional.of(good))) {
            assertEquals(
                    "The peer's certificate is not signed by this side's ca-cert.pem.",
                    Ends.failure(ends.destination()));
            assertTrue(
                    Ends.failure(ends.source()).startsWith("The peer refused the connection's TLS"),
                    Ends.failure(ends.source()));
        }
    }

    @Test
    void aDestinationOfAnotherNameIsRefused() throws Exception {
        Path other = Certificates.make(all.resolve("other"), "DNS:elsewhere.example", 30);
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(other), Optional.of(other))) {
            String why = Ends.failure(ends.source());
            assertTrue(why.startsWith("The peer's certificate is of another host"), why);
        }
    }

    @Test
    void oneSideAloneWithTlsIsToldSo() throws Exception {
        try (Ends ends = Ends.connect("127.0.0.1", Optional.of(good), Optional.empty())) {
            String why = Ends.failure(ends.source());
            assertTrue(why.startsWith("The peer speaks no TLS"), why);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ca-cert.pem, '', There is no PEM certificate in",
        "client-cert.pem, '', There is no PEM certificate in",
        "client-cert.pem, -, There is no ",
        "client-key.pem, -, There is no ",
        "client-key.pem, garbage, There is no PEM key of its certificate's kind in"
    })
    void whatIsWrongWithAFileIsSaid(String name, String text, String expected) throws Exception {
        Path folder = Certificates.copy(good, all.resolve("broken-" + name + text.length()));
        if (text.equals("-")) {
            Files.delete(folder.resolve(name));
        } else {
            Files.writeString(folder.resolve(name), text);
        }
        SpecException e =
                assertThrows(SpecException.class, () -> new TlsFolder(folder).requireSource());
        assertTrue(e.getMessage().startsWith(expected), e.getMessage());
        assertTrue(e.getMessage().contains(name), e.getMessage());
    }

    @Test
    void anExpiredCertificateIsRefusedBeforeAConnection() throws Exception {
        Path expired = Certificates.make(all.resolve("expired"), "IP:127.0.0.1", -1);
        SpecException e =
                assertThrows(
                        SpecException.class, () -> new TlsFolder(expired).requireDestination());
        assertTrue(e.getMessage().contains("has expired"), e.getMessage());
    }

    @Test
    void keysOfCerttoolsFormAreRead() throws Exception {
        Path folder = Certificates.make(all.resolve("pkcs1"), "IP:127.0.0.1", 30, "rsa:2048");
        Certificates.asPkcs1(folder.resolve("client-key.pem"));
        assertTrue(Files.readString(folder.resolve("client-key.pem")).contains("RSA PRIVATE KEY"));
        new TlsFolder(folder).requireSource();
    }
}
