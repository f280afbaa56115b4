package dev.hosta.linux;

import dev.hosta.device.backend.ConsolePort;

/**
 * The host's end of a console's port: opened before there is a guest, then served by the event loop
 * of the guest's device.
 *
 * <p>Threading: as {@link ConsolePort}.
 */
public sealed interface HostPort extends ConsolePort permits FilePort, SocketPort, StdioPort {
    /** Names the loop that is the device's thread. Before {@link #use}. */
    void serveOn(EventLoop loop);
}
