package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.TestGuest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A guest that writes its memory goes over whole, and nobody could have read it on the way. */
@RequiresKvm
@Timeout(120)
final class EncryptedMigrationTest {
    @TempDir Path here;
    @TempDir Path there;
    @TempDir Path certificates;

    private void moves(Encryption source, Encryption destination, Transport transport)
            throws Exception {
        try (TestGuest guest = new TestGuest(TestGuest.spec("dirty", "100 8", 1, 32L << 20));
                Ferry ferry = new Ferry(there, List.of(), Optional.of(destination))) {
            guest.machine.start();
            guest.await("rounds 1");
            MigrationOptions options = ferry.options().withTls(source).withTransport(transport);
            MigrationReport report = new MigrationSource(guest.machine, options, here).run();
            assertTrue(report.sentBytes() >= 8 << 20, "sent=" + report.sentBytes());
            Ferry.endsWell(ferry.arrived());
        }
    }

    @Test
    void byCertificates() throws Exception {
        Path folder = Certificates.make(certificates.resolve("all"), "IP:127.0.0.1", 30);
        TlsFolder tls = new TlsFolder(folder);
        moves(tls, tls, Transport.PLAIN);
    }

    @Test
    void byATokenOverSeveralStreams() throws Exception {
        Pairing pairing = Pairing.begin(Pairing.LASTS);
        moves(pairing.token(), pairing, new Transport(3, Compression.AUTO));
    }
}
