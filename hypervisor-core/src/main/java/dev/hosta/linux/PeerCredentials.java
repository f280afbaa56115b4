package dev.hosta.linux;

/**
 * Who stands at the other end of a Unix socket, as the kernel noted it when the connection was made
 * ({@code SO_PEERCRED}, unix(7)).
 *
 * @param pid the process
 * @param uid its user
 * @param gid its group
 */
public record PeerCredentials(int pid, int uid, int gid) {
    private static final int ROOT = 0;

    /** Whether it is the user that this process runs as, or root. */
    public boolean isOwnerOrRoot() {
        return uid == ROOT || uid == SocketCalls.geteuid();
    }
}
