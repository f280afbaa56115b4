package dev.hosta.migration;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names of migrations and of hand-overs that nobody guesses: 32 hex digits. */
final class Tokens {
    private static final int BYTES = 16;

    private Tokens() {}

    /** A new one. */
    static String make() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * Passes one on.
     *
     * @throws MigrationException where it is none
     */
    static String require(String text) {
        if (!text.matches("[0-9a-f]{32}")) {
            throw new MigrationException("The peer sent a token that is none.");
        }
        return text;
    }
}
