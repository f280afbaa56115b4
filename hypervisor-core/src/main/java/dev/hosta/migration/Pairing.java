package dev.hosta.migration;

import dev.hosta.machine.SpecException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Optional;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * The side that prints a {@link PairingToken}: it has a certificate that nobody signed and that
 * lives as long as this object, and takes one migration from whoever has the token. Once one has
 * shown it, others that do are refused, and connections of the same one taken for as long as it
 * takes to settle it.
 *
 * <p>Threading: any thread.
 */
public final class Pairing implements Encryption {
    /** How long a token is good for where nobody says otherwise. */
    public static final Duration LASTS = Duration.ofMinutes(10);

    private static final int SECRET_BYTES = 16;

    private final SSLContext context;
    private final PairingToken token;
    private final long deadlineNanos;

    // Guarded by this object's monitor.
    private Optional<String> usedBy = Optional.empty();

    private Pairing(SSLContext context, PairingToken token, Duration lasts) {
        this.context = context;
        this.token = token;
        this.deadlineNanos = System.nanoTime() + lasts.toNanos();
    }

    /**
     * Makes a key, a certificate and a token.
     *
     * @param lasts for how long a migration may begin with it
     */
    public static Pairing begin(Duration lasts) {
        try {
            SelfSigned own = SelfSigned.make();
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate()});
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance(TlsFolder.PROTOCOL);
            context.init(keys.getKeyManagers(), null, null);
            byte[] secret = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(secret);
            byte[] fingerprint = PairingToken.fingerprint(own.certificate());
            return new Pairing(context, new PairingToken(fingerprint, secret), lasts);
        } catch (GeneralSecurityException | IOException e) {
            throw new SpecException("Cannot make a token: " + e.getMessage() + ".", e);
        }
    }

    /** What the other side has to be told, and nobody else. */
    public PairingToken token() {
        return token;
    }

    @Override
    public SSLEngine client(String host, int port) {
        throw new SpecException("A pairing is for the side that is sent to.");
    }

    @Override
    public SSLEngine server() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setSSLParameters(TlsFolder.parameters(engine));
        return engine;
    }

    @Override
    public synchronized void admit(String id, Optional<String> proof) {
        byte[] wanted = token.proof(id).orElseThrow().getBytes(StandardCharsets.UTF_8);
        byte[] shown = proof.orElse("").getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(wanted, shown)) {
            throw new MigrationException(
                    proof.isEmpty() ? "A token is needed here." : "The token is wrong.");
        }
        if (usedBy.isEmpty() && System.nanoTime() - deadlineNanos >= 0) {
            throw new MigrationException("The token is too old.");
        }
        if (usedBy.isPresent() && !usedBy.get().equals(id)) {
            throw new MigrationException("The token was used by another migration.");
        }
        usedBy = Optional.of(id);
    }
}
