package dev.hosta.device.virtio.console;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Saved state of a {@link ConsoleDevice}: every version this build can read. */
public sealed interface ConsoleState {
    /**
     * Written since 0.1. The queues and what was negotiated are the transport's.
     *
     * @param columns of the console, as the driver was last told; 0..65535
     * @param rows likewise
     * @param ports each port, the console first
     */
    record V1(int columns, int rows, List<Port> ports) implements ConsoleState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("virtio.console", 1, V1.class);

        /** Checks ranges. */
        public V1 {
            InvalidStateException.requireRange("virtio console columns", columns, 0, 0xffff);
            InvalidStateException.requireRange("virtio console rows", rows, 0, 0xffff);
            if (ports == null || new ArrayList<>(ports).stream().anyMatch(Objects::isNull)) {
                throw new InvalidStateException("virtio console ports are missing");
            }
            InvalidStateException.requireRange(
                    "virtio console port count", ports.size(), 1, ConsoleDevice.MAX_PORTS + 1);
            ports = List.copyOf(ports);
        }
    }

    /**
     * One port.
     *
     * @param ready whether the driver has set it up
     * @param guestOpen whether the driver has opened it
     * @param hostOpen whether the driver was last told that the host's end is open
     * @param owed what the driver has yet to be told, as bits: 1 that there is the port, 2 that it
     *     is a console, 4 its name, 8 its size, 16 whether the host's end is open
     * @param takenBytes how much of the first waiting buffer the host's end has taken, 0..2^32-1
     */
    record Port(boolean ready, boolean guestOpen, boolean hostOpen, int owed, long takenBytes) {
        /** Checks ranges, and that only of a port that is ready more is told than that it is. */
        public Port {
            InvalidStateException.requireRange(
                    "virtio console port owed", owed, 0, ready ? PortLine.ALL : PortLine.ADD);
            InvalidStateException.requireRange(
                    "virtio console port takenBytes", takenBytes, 0, 0xffff_ffffL);
            if (hostOpen && !ready) {
                throw new InvalidStateException(
                        "virtio console port cannot be told open before it is ready");
            }
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
