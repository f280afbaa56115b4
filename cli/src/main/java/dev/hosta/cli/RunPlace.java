package dev.hosta.cli;

import dev.hosta.control.ControlServer;
import dev.hosta.linux.Background;
import dev.hosta.linux.HostThread;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.RuntimeFolder;

import java.util.Optional;

/**
 * What a run shows to those outside: the runtime folder of its name, the API and the console's
 * socket there, and a word to the process that waits for it.
 *
 * <p>Threading: any thread; {@link #close} is idempotent.
 */
final class RunPlace implements AutoCloseable {
    private final Session session;
    private final RunRequest request;
    private final Console console;

    // Held while the server comes up, so that nothing comes into a folder that goes.
    private final Object control = new Object();

    // Guarded by this object's monitor.
    private Optional<RuntimeFolder> folder = Optional.empty();
    private Optional<ControlServer> server = Optional.empty();
    private boolean serving;
    private boolean announced;

    /**
     * Nothing shown yet.
     *
     * @param session whose it is
     * @param console takes what goes wrong
     */
    RunPlace(Session session, RunRequest request, Console console) {
        this.session = session;
        this.request = request;
        this.console = console;
    }

    /** Takes over the folder of the run's name. */
    synchronized void hold(RuntimeFolder claimed) {
        folder = Optional.of(claimed);
    }

    /** Takes the folder of the run's name, unless it is held. */
    void claim() {
        if (held().isEmpty()) {
            hold(RuntimeFolder.claim(request.machine().name()));
        }
    }

    private synchronized Optional<RuntimeFolder> held() {
        return folder;
    }

    private synchronized boolean isFirst() {
        boolean first = !serving;
        serving = true;
        return first;
    }

    /** Opens the API and the console's socket, beside the guest, which runs already. */
    void serveSoon() {
        if (!isFirst()) {
            return;
        }
        try {
            HostThread.start(
                    Thread.ofPlatform().daemon().name("control-start").unstarted(this::serve));
        } catch (LinuxException e) {
            notServed(e);
        }
    }

    /**
     * Opens them before the guest is there.
     *
     * @throws LinuxException where the host does not allow it
     */
    void serveNow() {
        if (isFirst()) {
            synchronized (control) {
                held().ifPresent(this::start);
            }
        }
    }

    private void serve() {
        synchronized (control) {
            try {
                held().ifPresent(this::start);
            } catch (LinuxException e) {
                // Where the guest has ended meanwhile, its folder is gone, and that is no failure.
                if (held().isPresent()) {
                    notServed(e);
                }
            }
        }
    }

    private void notServed(LinuxException e) {
        console.notice(e.getMessage() + " The guest runs on, out of reach of other commands.");
    }

    private void start(RuntimeFolder place) {
        ControlServer started =
                ControlServer.start(place.path(), session.vmm(), TopLevel.versionNumber());
        synchronized (this) {
            server = Optional.of(started);
        }
        announce(place);
        RuntimeFolder.sweepDead();
    }

    /** Tells the process that waits for it that the guest runs, and lets go of that process. */
    void announce() {
        held().ifPresent(this::announce);
    }

    private synchronized void announce(RuntimeFolder place) {
        if (!request.background() || announced) {
            return;
        }
        announced = true;
        System.out.println(request.machine().name());
        System.out.flush();
        Background.print(place.path().resolve("log"));
    }

    /** Ends the API, and gives the name back. */
    @Override
    public void close() {
        Optional<RuntimeFolder> place;
        Optional<ControlServer> served;
        synchronized (control) {
            synchronized (this) {
                place = folder;
                folder = Optional.empty();
                served = server;
                server = Optional.empty();
            }
        }
        served.ifPresent(ControlServer::close);
        place.ifPresent(RuntimeFolder::close);
    }
}
