package dev.hosta.migration;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * A key of P-256 and a certificate that it signed itself, in the least DER that TLS needs: RFC
 * 5280, section 4.1; RFC 5758, section 3.2.
 *
 * <pre>
 *  Certificate     SEQUENCE { tbs, algorithm, BIT STRING signature }
 *  TBSCertificate  SEQUENCE { [0] { INTEGER 2 }, INTEGER serial, algorithm, issuer,
 *                             SEQUENCE { notBefore, notAfter }, subject, public key }
 *  algorithm       SEQUENCE { OID ecdsa-with-SHA256 }
 *  name            SEQUENCE { SET { SEQUENCE { OID commonName, UTF8String } } }
 * </pre>
 *
 * @param key of the certificate
 * @param certificate valid from a day ago for a year, as clocks differ; who is paired knows it by
 *     its fingerprint
 */
record SelfSigned(PrivateKey key, X509Certificate certificate) {
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OID = 0x06;
    private static final int UTF8_STRING = 0x0c;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int CONTEXT_0 = 0xa0;
    private static final int LONG_FORM = 0x80;
    private static final int SERIAL_BITS = 120;

    /** 1.2.840.10045.4.3.2. */
    private static final byte[] ECDSA_WITH_SHA256 = {
        0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
    };

    /** 2.5.4.3. */
    private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    /** Makes both. */
    static SelfSigned make() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        byte[] algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
        byte[] tbs = tbs(algorithm, pair.getPublic().getEncoded());
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(pair.getPrivate());
        signer.update(tbs);
        byte[] signature = signer.sign();
        byte[] whole = der(SEQUENCE, tbs, algorithm, der(BIT_STRING, new byte[] {0}, signature));
        X509Certificate certificate =
                (X509Certificate)
                        CertificateFactory.getInstance("X.509")
                                .generateCertificate(new ByteArrayInputStream(whole));
        return new SelfSigned(pair.getPrivate(), certificate);
    }

    private static byte[] tbs(byte[] algorithm, byte[] publicKey) {
        BigInteger serial = new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(0);
        byte[] text = der(UTF8_STRING, "hosta".getBytes(StandardCharsets.UTF_8));
        byte[] name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, COMMON_NAME), text)));
        Instant now = Instant.now();
        byte[] validity =
                der(
                        SEQUENCE,
                        time(now.minus(Duration.ofDays(1))),
                        time(now.plus(Duration.ofDays(365))));
        return der(
                SEQUENCE,
                der(CONTEXT_0, der(INTEGER, new byte[] {2})),
                der(INTEGER, serial.toByteArray()),
                algorithm,
                name,
                validity,
                name,
                publicKey);
    }

    private static byte[] time(Instant when) {
        return der(GENERALIZED_TIME, TIME.format(when).getBytes(StandardCharsets.US_ASCII));
    }

    /** One value: tag, length, content. */
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length < LONG_FORM) {
            out.write(length);
        } else {
            byte[] digits = BigInteger.valueOf(length).toByteArray();
            int from = digits[0] == 0 ? 1 : 0;
            out.write(LONG_FORM | digits.length - from);
            out.write(digits, from, digits.length - from);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
