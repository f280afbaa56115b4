package dev.hosta.migration;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;

import javax.net.ssl.SSLException;

/**
 * What a failure of TLS means to whoever has to do something about it.
 *
 * <p>Threading: no state.
 */
final class TlsFailure {
    private static final String ALERT = "fatal alert: ";

    private TlsFailure() {}

    /** One line for the user. */
    static MigrationException of(SSLException failure) {
        return new MigrationException(line(failure), failure);
    }

    private static String line(SSLException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException) {
                return "The peer's certificate has expired.";
            }
            if (cause instanceof CertificateNotYetValidException) {
                return "The peer's certificate is not valid yet.";
            }
            if (cause instanceof PairingToken.StrangerException) {
                return "The peer is not the one that printed the token.";
            }
            boolean last = cause.getCause() == null;
            if (last
                    && (cause instanceof CertPathBuilderException
                            || cause instanceof CertPathValidatorException)) {
                return "The peer's certificate is not signed by this side's ca-cert.pem.";
            }
        }
        String text = String.valueOf(failure.getMessage());
        int alert = text.indexOf(ALERT);
        if (alert >= 0) {
            String reason = text.substring(alert + ALERT.length());
            return "The peer refused the connection's TLS: "
                    + Message.printable(reason)
                    + ". Look at the certificates of both sides.";
        }
        if (text.contains("subject alternative")) {
            return "The peer's certificate is of another host: " + Message.printable(text) + ".";
        }
        if (text.contains("plaintext connection") || text.contains("Unsupported or unrecognized")) {
            return "The peer speaks no TLS: give --tls-dir, or --pair and --token, on both sides.";
        }
        if (text.contains("Empty client certificate") || text.contains("certificate_required")) {
            return "The peer showed no certificate.";
        }
        return "TLS failed: " + Message.printable(text) + ".";
    }
}
