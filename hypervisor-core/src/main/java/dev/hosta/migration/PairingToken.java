package dev.hosta.migration;

import dev.hosta.machine.SpecException;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What a destination has printed for one source: by which certificate it is known, and a secret by
 * which the source is. As text, {@code hosta1.} and 43 characters of base64url.
 *
 * <p>The source sends no secret: it proves for one migration that it has it, by HMAC-SHA-256 over
 * the migration's id.
 *
 * <p>Threading: immutable.
 */
public final class PairingToken implements Encryption {
    private static final String PREFIX = "hosta1.";
    private static final int PART_BYTES = 16;

    private final byte[] fingerprint;
    private final byte[] secret;

    /** Of a certificate, by the first half of its SHA-256, and a secret of 16 bytes. */
    PairingToken(byte[] fingerprint, byte[] secret) {
        this.fingerprint = fingerprint.clone();
        this.secret = secret.clone();
    }

    /**
     * Reads a token.
     *
     * @throws SpecException where it is none; the text does not show it
     */
    public static PairingToken parse(String text) {
        try {
            if (text.startsWith(PREFIX)) {
                byte[] bytes = Base64.getUrlDecoder().decode(text.substring(PREFIX.length()));
                if (bytes.length == 2 * PART_BYTES) {
                    return new PairingToken(
                            Arrays.copyOf(bytes, PART_BYTES),
                            Arrays.copyOfRange(bytes, PART_BYTES, 2 * PART_BYTES));
                }
            }
        } catch (IllegalArgumentException e) {
            throw new SpecException(noToken(), e);
        }
        throw new SpecException(noToken());
    }

    private static String noToken() {
        return "The token is none: 'hosta receive --pair' prints one, which begins with "
                + PREFIX
                + ".";
    }

    /** As it is printed. Whoever has it may send a guest to where it comes from. */
    public String text() {
        byte[] bytes = ByteBuffer.allocate(2 * PART_BYTES).put(fingerprint).put(secret).array();
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** What a certificate is known by. */
    static byte[] fingerprint(X509Certificate certificate) throws GeneralSecurityException {
        byte[] whole = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        return Arrays.copyOf(whole, PART_BYTES);
    }

    @Override
    public SSLEngine client(String host, int port) {
        try {
            SSLContext context = SSLContext.getInstance(TlsFolder.PROTOCOL);
            context.init(null, new TrustManager[] {new Known(fingerprint)}, null);
            SSLEngine engine = context.createSSLEngine(host, port);
            engine.setUseClientMode(true);
            SSLParameters parameters = TlsFolder.parameters(engine);
            engine.setSSLParameters(parameters);
            return engine;
        } catch (GeneralSecurityException e) {
            throw new SpecException("Cannot encrypt by a token: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public SSLEngine server() {
        throw new SpecException("A token is for the side that sends.");
    }

    @Override
    public Optional<String> proof(String id) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            byte[] proof = mac.doFinal(id.getBytes(StandardCharsets.UTF_8));
            return Optional.of(HexFormat.of().formatHex(proof));
        } catch (GeneralSecurityException e) {
            throw new SpecException("Cannot use a token: " + e.getMessage() + ".", e);
        }
    }

    /** Says nothing of its content. */
    @Override
    public String toString() {
        return "PairingToken";
    }

    /** The peer has another certificate than the token names. */
    static final class StrangerException extends CertificateException {
        private static final long serialVersionUID = 1L;

        StrangerException() {
            super("Not the certificate of the token");
        }
    }

    /** Trusts one certificate, whoever signed it and whatever it says. */
    private static final class Known extends X509ExtendedTrustManager {
        private final byte[] fingerprint;

        Known(byte[] fingerprint) {
            this.fingerprint = fingerprint;
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            try {
                if (chain.length == 0
                        || !MessageDigest.isEqual(
                                fingerprint, PairingToken.fingerprint(chain[0]))) {
                    throw new StrangerException();
                }
            } catch (GeneralSecurityException e) {
                throw e instanceof CertificateException certificate
                        ? certificate
                        : new CertificateException(e);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new StrangerException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new StrangerException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new StrangerException();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
