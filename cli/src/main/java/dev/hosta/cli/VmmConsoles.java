package dev.hosta.cli;

import dev.hosta.control.ConsoleHub;
import dev.hosta.control.ConsoleServer;
import dev.hosta.control.SerialChoice;
import dev.hosta.device.backend.ConsoleOutput;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the serial ports of a VMM's machines lead, as each of its VMs asks for it.
 *
 * <p>Threading: any thread.
 */
final class VmmConsoles implements AutoCloseable {
    private static final int DRAIN_MILLIS = 500;

    private final ConsoleInput.Guest guest;
    private final ConsoleHub hub;
    private volatile ConsoleOutput output = value -> {};

    // Guarded by this object's monitor.
    private final Map<SerialChoice, Console> consoles = new HashMap<>();
    private Optional<ConsoleServer> socket = Optional.empty();

    /**
     * Nothing open yet.
     *
     * @param guest takes what is typed
     */
    VmmConsoles(ConsoleInput.Guest guest) {
        this.guest = guest;
        this.hub = new ConsoleHub(value -> output.write(value), guest::offer);
    }

    /** Takes the machine's bytes, and has them for whoever attaches. */
    ConsoleHub hub() {
        return hub;
    }

    /** Opens what a VM asks for; its bytes go there from now on. */
    Console open(SerialChoice serial) {
        Console console = console(serial);
        openSocket(serial);
        console.open();
        output = console.output();
        return console;
    }

    private synchronized Console console(SerialChoice serial) {
        return consoles.computeIfAbsent(
                serial,
                choice ->
                        Console.of(
                                switch (choice) {
                                    case SerialChoice.Tty t -> new ConsoleChoice.Stdio();
                                    case SerialChoice.ToFile f ->
                                            new ConsoleChoice.ToFile(f.path());
                                    case SerialChoice.Socket s -> new ConsoleChoice.None();
                                    case SerialChoice.None n -> new ConsoleChoice.None();
                                },
                                guest));
    }

    private synchronized void openSocket(SerialChoice serial) {
        if (serial instanceof SerialChoice.Socket wanted && socket.isEmpty()) {
            socket = Optional.of(ConsoleServer.start(wanted.path(), hub));
        }
    }

    @Override
    public void close() {
        hub.close(DRAIN_MILLIS);
        synchronized (this) {
            socket.ifPresent(ConsoleServer::close);
            consoles.values().forEach(Console::close);
        }
    }
}
