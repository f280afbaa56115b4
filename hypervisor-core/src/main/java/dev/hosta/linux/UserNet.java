package dev.hosta.linux;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;

/**
 * A network that needs no right on the host: the program passt turns the guest's connections into
 * sockets of the host's, and gives the guest the host's address by DHCP.
 *
 * <p>The link goes down when passt ends, and stays so.
 *
 * <p>Threading: see {@link HostNet}.
 */
public final class UserNet implements HostNet {
    private static final System.Logger LOG = System.getLogger(UserNet.class.getName());

    private final Passt passt;
    private final StreamLink link;
    private boolean closed;

    private UserNet(Passt passt) {
        this.passt = passt;
        this.link = new StreamLink(passt.socket());
    }

    /**
     * Starts passt, which gets ready meanwhile.
     *
     * @param forwards ports of the host's that lead to the guest
     * @param mtu what the guest is told by DHCP; 0 for passt's own choice
     * @throws NetException where it is not installed
     */
    public static UserNet open(List<PortForward> forwards, int mtu) {
        return new UserNet(Passt.start(forwards, mtu));
    }

    /** Waits until passt is ready. */
    @Override
    public void serveOn(EventLoop loop) {
        passt.awaitReady();
        link.serveOn(loop);
    }

    @Override
    public String describe() {
        return "user";
    }

    /** The process id of passt. */
    int pid() {
        return passt.pid();
    }

    /** None: a stream of frames has no place for what was left undone. */
    @Override
    public Set<Offload> offloads() {
        return Set.of();
    }

    @Override
    public void use(Set<Offload> guestTakes, Listener listener) {
        link.use(listener, this::lost);
    }

    private void lost() {
        LOG.log(
                System.Logger.Level.WARNING,
                "passt has ended; the guest's link is down: " + passt.lastWords() + ".");
    }

    @Override
    public void stop() {
        link.stop();
    }

    @Override
    public boolean isLinkUp() {
        return link.isUp();
    }

    @Override
    public boolean send(List<MemorySegment> frame) {
        return link.send(frame);
    }

    @Override
    public void flush() {
        link.flush();
    }

    @Override
    public int receive(List<MemorySegment> into) {
        return link.receive(into);
    }

    @Override
    public void awaitFrames(boolean wanted) {
        link.awaitFrames(wanted);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            link.close();
            passt.close();
        }
    }
}
