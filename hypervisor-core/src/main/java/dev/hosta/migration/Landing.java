package dev.hosta.migration;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an arriving guest is put.
 *
 * <p>Threading: called by the thread that waits for the guest, one call at a time.
 */
public interface Landing {
    /** The machine as it will be asked for here: under another name, with other files. */
    MachineSpec specOf(MachineSpec sent);

    /**
     * Takes the guest's name, before a page of it has moved.
     *
     * @throws RuntimeException with a line for the user, where the name is taken
     */
    void claim(MachineSpec spec);

    /**
     * Takes what was decided of guests; one folder for all processes of this host that take guests,
     * which need not be there and outlives them.
     */
    Path records();

    /** Where the serial port's output goes. */
    ConsoleOutput console();

    /** Where the virtio console goes that the spec has on stdio, if any. */
    Optional<StdioPort> terminal();

    /**
     * Makes all that following the guest takes beside its machine: threads, sockets, files. The
     * machine is there and waits for its state; once the guest has come nothing is made that could
     * fail, and lose it.
     *
     * @param machine the guest's, for who is to be connected with it before it runs
     * @throws RuntimeException with a line for both sides, where the host does not allow it
     */
    void makeReady(VirtualMachine machine);

    /**
     * The guest was handed over and cannot run yet: it stays paused until the source asks again,
     * or, once it is this side's, until it is resumed here.
     *
     * @param why one line
     */
    void cannotRunYet(RuntimeException why);

    /**
     * The guest does not come; whatever was claimed for it is given back.
     *
     * @param why one line
     */
    void givenUp(RuntimeException why);
}
