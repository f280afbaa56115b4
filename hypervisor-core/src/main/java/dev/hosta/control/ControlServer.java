package dev.hosta.control;

import dev.hosta.control.http.HttpServer;
import dev.hosta.linux.LinuxException;

import java.nio.file.Path;

/**
 * What a VM's process serves: its API and its console, both in its runtime folder.
 *
 * <p>Threading: any thread; {@link #close} is idempotent.
 */
public final class ControlServer implements AutoCloseable {
    private final HttpServer api;
    private final ConsoleServer console;

    private ControlServer(HttpServer api, ConsoleServer console) {
        this.api = api;
        this.console = console;
    }

    /**
     * Starts to serve, and writes down the spec of a VM that is there already.
     *
     * @param folder the VM's runtime folder
     * @param version of Hosta
     * @throws LinuxException where a socket or the file cannot be made
     */
    public static ControlServer start(Path folder, Vmm vmm, String version) {
        vmm.vm().ifPresent(vm -> SpecForm.write(folder, vm.spec()));
        // The API last: who finds it finds everything.
        Path socket = folder.resolve(ControlClient.CONSOLE_SOCKET);
        ConsoleServer console = ConsoleServer.start(socket, vmm.console());
        try {
            VmApi handler = new VmApi(vmm, version);
            HttpServer api = HttpServer.start(folder.resolve(ControlClient.SOCKET), handler);
            return new ControlServer(api, console);
        } catch (LinuxException e) {
            console.close();
            throw e;
        }
    }

    /** Deletes the sockets and ends all connections. */
    @Override
    public void close() {
        api.close();
        console.close();
    }
}
