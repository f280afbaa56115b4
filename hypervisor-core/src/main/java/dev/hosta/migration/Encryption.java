package dev.hosta.migration;

import java.util.Optional;

import javax.net.ssl.SSLEngine;

/**
 * How the two sides of a connection know each other, and keep others from reading: by certificates
 * in a folder, or by a token that one side has printed and the other was told.
 *
 * <p>Threading: any thread.
 */
public sealed interface Encryption permits TlsFolder, PairingToken, Pairing {
    /**
     * TLS for the side that calls.
     *
     * @param host as it was called
     * @throws dev.hosta.machine.SpecException where this is of no use for it
     */
    SSLEngine client(String host, int port);

    /**
     * TLS for the side that is called.
     *
     * @throws dev.hosta.machine.SpecException where this is of no use for it
     */
    SSLEngine server();

    /** What the calling side shows beside TLS, for a migration with this id. */
    default Optional<String> proof(String id) {
        return Optional.empty();
    }

    /**
     * Returns where what the calling side shows is right.
     *
     * @throws MigrationException where it is not
     */
    default void admit(String id, Optional<String> proof) {}
}
