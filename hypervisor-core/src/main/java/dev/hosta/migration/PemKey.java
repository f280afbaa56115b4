package dev.hosta.migration;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Private keys in PEM form: PKCS #8 ({@code PRIVATE KEY}, RFC 5958), and PKCS #1 ({@code RSA
 * PRIVATE KEY}, RFC 8017), which certtool writes.
 *
 * <p>Threading: no state.
 */
final class PemKey {
    private static final int DER_SEQUENCE = 0x30;
    private static final int DER_OCTETS = 0x04;

    /** {@code INTEGER 0}, then {@code SEQUENCE { OID rsaEncryption, NULL }}. */
    private static final byte[] RSA_HEAD =
            HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    private PemKey() {}

    /**
     * Reads the first key of a file.
     *
     * @param algorithm of the public key that belongs to it: {@code RSA}, {@code EC}, {@code EdDSA}
     * @throws GeneralSecurityException where there is none of that kind
     * @throws IllegalArgumentException where it is no Base64
     */
    static PrivateKey read(byte[] file, String algorithm) throws GeneralSecurityException {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        byte[] der =
                body(text, "PRIVATE KEY")
                        .or(() -> body(text, "RSA PRIVATE KEY").map(PemKey::wrapped))
                        .orElseThrow(() -> new InvalidKeyException("No PKCS #8 or RSA key"));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static Optional<byte[]> body(String text, String label) {
        String begin = "-----BEGIN " + label + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + label + "-----");
        if (from < 0 || to < from) {
            return Optional.empty();
        }
        return Optional.of(
                Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to)));
    }

    /** A PKCS #1 key as a PKCS #8 one. */
    private static byte[] wrapped(byte[] rsa) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.writeBytes(RSA_HEAD);
        inner.write(DER_OCTETS);
        inner.writeBytes(length(rsa.length));
        inner.writeBytes(rsa);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(DER_SEQUENCE);
        whole.writeBytes(length(inner.size()));
        whole.writeBytes(inner.toByteArray());
        return whole.toByteArray();
    }

    private static byte[] length(int bytes) {
        if (bytes < 0x80) {
            return new byte[] {(byte) bytes};
        }
        return bytes < 0x100
                ? new byte[] {(byte) 0x81, (byte) bytes}
                : new byte[] {(byte) 0x82, (byte) (bytes >> 8), (byte) bytes};
    }
}
