package dev.hosta.machine;

import dev.hosta.device.backend.ConsolePort;
import dev.hosta.device.virtio.console.ConsoleDevice;
import dev.hosta.device.virtio.console.NamedPort;
import dev.hosta.linux.EventLoop;
import dev.hosta.linux.FilePort;
import dev.hosta.linux.HostPort;
import dev.hosta.linux.SocketPort;
import dev.hosta.linux.StdioPort;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The virtio consoles of a spec: their ends opened early, the devices plugged into the board later.
 *
 * <p>The console and the named ports are two devices. A Linux guest takes the size of a console
 * that has ports beside it from a message whose fields its releases read in different orders; that
 * of a console alone all of them take from the configuration.
 *
 * <p>Threading: the control thread.
 */
final class Consoles {
    private static final StdioPort.Output NOWHERE =
            new StdioPort.Output() {
                @Override
                public int offer(MemorySegment bytes) {
                    return (int) bytes.byteSize();
                }

                @Override
                public void onRoom(Runnable action) {}
            };

    private final Optional<HostPort> hvc;
    private final List<PortSpec> specs;
    private final List<HostPort> ports = new ArrayList<>();

    private Consoles(Optional<HostPort> hvc, List<PortSpec> specs) {
        this.hvc = hvc;
        this.specs = specs;
    }

    /**
     * Opens all ends; what is open is owned by {@code handles}.
     *
     * @param stdio the terminal; empty where the process has none for the guest
     */
    static Consoles open(ConsoleSpec spec, Optional<StdioPort> stdio, OwnedHandles handles) {
        Optional<HostPort> hvc = spec.hvc().map(target -> open(target, stdio, handles));
        Consoles consoles = new Consoles(hvc, spec.ports());
        spec.ports().forEach(port -> consoles.ports.add(open(port.target(), stdio, handles)));
        return consoles;
    }

    private static HostPort open(
            PortTarget target, Optional<StdioPort> stdio, OwnedHandles handles) {
        HostPort port =
                switch (target) {
                    case PortTarget.Stdio there -> stdio.orElseGet(() -> new StdioPort(NOWHERE));
                    case PortTarget.ToFile file -> FilePort.open(file.path());
                    case PortTarget.Socket socket -> SocketPort.open(socket.path());
                };
        return handles.own(port, port::close);
    }

    /** Makes the devices, in the next free slots. */
    void plug(VirtioSlots slots, Board board) {
        if (hvc.isPresent()) {
            slots.plug(board, "console", "hvc", loop -> device(loop, hvc, List.of()));
        }
        if (!ports.isEmpty()) {
            slots.plug(board, "ports", "ports", loop -> device(loop, Optional.empty(), ports));
        }
    }

    private ConsoleDevice device(
            EventLoop loop, Optional<HostPort> console, List<HostPort> others) {
        console.ifPresent(port -> port.serveOn(loop));
        List<NamedPort> named = new ArrayList<>();
        for (int i = 0; i < others.size(); i++) {
            others.get(i).serveOn(loop);
            named.add(new NamedPort(specs.get(i).name(), others.get(i)));
        }
        return new ConsoleDevice(console.map(ConsolePort.class::cast), named, loop::execute);
    }
}
