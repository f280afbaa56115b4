package dev.hosta.linux;

import dev.hosta.device.backend.NetBackend;

/**
 * A network's carrier on the host: opened before there is a guest, then served by the event loop of
 * the guest's device.
 *
 * <p>Threading: as {@link NetBackend}.
 */
public sealed interface HostNet extends NetBackend permits TapNet, UserNet, SocketNet {
    /**
     * Names the loop that is the device's thread. Once, before {@link #use}.
     *
     * @throws NetException where the carrier turns out not to work
     */
    void serveOn(EventLoop loop);

    /** What it is, for the log: {@code tap:tap0}. */
    String describe();
}
