package dev.hosta.linux;

/**
 * A port of the host's whose connections or datagrams go to the guest.
 *
 * @param protocol which of the host's ports
 * @param hostAddress the host's address to listen on, numeric; empty for all
 * @param hostPort 1 to 65535
 * @param guestPort 1 to 65535
 */
public record PortForward(Protocol protocol, String hostAddress, int hostPort, int guestPort) {
    /** What has ports. */
    public enum Protocol {
        /** Connections. */
        TCP,
        /** Datagrams. */
        UDP
    }

    /** As passt reads it: {@code 127.0.0.1/8080:80}. */
    String specification() {
        String ports = hostPort + ":" + guestPort;
        return hostAddress.isEmpty() ? ports : hostAddress + "/" + ports;
    }
}
