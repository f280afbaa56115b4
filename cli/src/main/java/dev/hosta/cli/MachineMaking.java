package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.VirtualMachine;

import java.util.Optional;

/** Makes a machine in another way than by booting it. */
@FunctionalInterface
interface MachineMaking {
    /**
     * Makes it.
     *
     * @param console where the serial port's output goes
     * @param terminal where the virtio console goes that is on stdio, if any
     */
    VirtualMachine make(ConsoleOutput console, Optional<StdioPort> terminal);
}
