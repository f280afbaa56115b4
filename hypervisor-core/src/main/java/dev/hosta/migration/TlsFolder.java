package dev.hosta.migration;

import dev.hosta.machine.SpecException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Who one side of a migration is, and whom it trusts: PEM files in a folder, by the names that
 * Cloud Hypervisor has for them.
 *
 * <pre>
 *   ca-cert.pem                        who signs the certificates of both sides
 *   server-cert.pem, server-key.pem    of the destination
 *   client-cert.pem, client-key.pem    of the source
 * </pre>
 *
 * <p>Both sides have to show a certificate that the authority has signed; the destination's has to
 * name the host that the source has called.
 *
 * <p>Threading: immutable.
 *
 * @param path of the folder
 */
public record TlsFolder(Path path) implements Encryption {
    static final String PROTOCOL = "TLSv1.3";

    /** AES-GCM first, of which C2 makes two to three times more than of ChaCha20. */
    private static final String[] SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    private static final String AUTHORITY = "ca-cert.pem";

    @Override
    public SSLEngine client(String host, int port) {
        SSLEngine engine = context("client").createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine);
        // "HTTPS" is RFC 2818: the certificate names the host or its address.
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    @Override
    public SSLEngine server() {
        SSLEngine engine = context("server").createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = parameters(engine);
        parameters.setNeedClientAuth(true);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** TLS 1.3 alone, with its suites in this order. */
    static SSLParameters parameters(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {PROTOCOL});
        parameters.setCipherSuites(SUITES);
        return parameters;
    }

    /**
     * Passes the folder on where it holds what the source needs.
     *
     * @throws SpecException where a file is missing, is no such file, or its certificate is not
     *     valid now
     */
    public TlsFolder requireSource() {
        context("client");
        return this;
    }

    /** As {@link #requireSource}, for the destination. */
    public TlsFolder requireDestination() {
        context("server");
        return this;
    }

    private SSLContext context(String side) {
        try {
            KeyStore trusted = emptyStore();
            List<X509Certificate> authorities = certificates(AUTHORITY);
            for (int i = 0; i < authorities.size(); i++) {
                trusted.setCertificateEntry("ca" + i, authorities.get(i));
            }
            List<X509Certificate> own = certificates(side + "-cert.pem");
            PrivateKey key = key(side + "-key.pem", own.getFirst());
            KeyStore mine = emptyStore();
            mine.setKeyEntry("own", key, new char[0], own.toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(mine, new char[0]);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new SpecException(
                    "Cannot use the certificates of " + path + ": " + e.getMessage() + ".", e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private byte[] read(String name) {
        try {
            return Files.readAllBytes(path.resolve(name));
        } catch (NoSuchFileException e) {
            throw new SpecException(
                    "There is no " + path.resolve(name) + ", which TLS needs on this side.", e);
        } catch (IOException e) {
            throw new SpecException(
                    "Cannot read " + path.resolve(name) + ": " + e.getMessage() + ".", e);
        }
    }

    private List<X509Certificate> certificates(String name) {
        List<X509Certificate> found;
        try {
            found =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(read(name)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
        } catch (CertificateException e) {
            throw noPem(name, "certificate", e);
        }
        if (found.isEmpty()) {
            throw noPem(name, "certificate", null);
        }
        for (X509Certificate one : found) {
            try {
                one.checkValidity();
            } catch (CertificateExpiredException e) {
                throw new SpecException(
                        "The certificate in "
                                + path.resolve(name)
                                + " has expired: "
                                + one.getNotAfter().toInstant()
                                + ".",
                        e);
            } catch (CertificateNotYetValidException e) {
                throw new SpecException(
                        "The certificate in "
                                + path.resolve(name)
                                + " is not valid yet: "
                                + one.getNotBefore().toInstant()
                                + ".",
                        e);
            }
        }
        return found;
    }

    private SpecException noPem(String name, String what, Exception cause) {
        return new SpecException(
                "There is no PEM " + what + " in " + path.resolve(name) + ".", cause);
    }

    private PrivateKey key(String name, X509Certificate certificate) {
        try {
            return PemKey.read(read(name), certificate.getPublicKey().getAlgorithm());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw noPem(name, "key of its certificate's kind", e);
        }
    }
}
