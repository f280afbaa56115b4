package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Landing;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationDestination;
import dev.hosta.migration.MigrationException;
import dev.hosta.migration.TlsFolder;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A guest on its way to a VMM that was made without one; a migration that fails is the only one
 * that is waited for.
 *
 * <p>Threading: one thread.
 */
final class VmmArrival implements Landing {
    private final String name;
    private final ConsoleOutput output;
    private Optional<MigrationDestination> destination = Optional.empty();
    private Optional<RuntimeException> failure = Optional.empty();

    /**
     * Nothing is waited for yet.
     *
     * @param name of the VMM, and of the guest from now on
     * @param output where its serial port's output goes
     */
    VmmArrival(String name, ConsoleOutput output) {
        this.name = name;
        this.output = output;
    }

    /**
     * Waits for the guest.
     *
     * @throws MigrationException where it did not come
     */
    VirtualMachine await(MigrationAddress at, Optional<TlsFolder> tls) {
        MigrationDestination waiting = MigrationDestination.listen(at, tls);
        destination = Optional.of(waiting);
        try {
            return waiting.await(this);
        } catch (MigrationException e) {
            waiting.close();
            throw failure.map(f -> new MigrationException(f.getMessage(), f)).orElse(e);
        }
    }

    @Override
    public MachineSpec specOf(MachineSpec sent) {
        return sent.withName(name);
    }

    @Override
    public void claim(MachineSpec spec) {}

    @Override
    public void makeReady(VirtualMachine machine) {}

    @Override
    public Path records() {
        return RuntimeFolder.migrations();
    }

    @Override
    public void cannotRunYet(RuntimeException why) {
        Failure.print("The VM has come and stays paused: " + why.getMessage());
    }

    @Override
    public ConsoleOutput console() {
        return output;
    }

    @Override
    public Optional<StdioPort> terminal() {
        return Optional.empty();
    }

    @Override
    public void givenUp(RuntimeException why) {
        failure = Optional.of(why);
        destination.ifPresent(MigrationDestination::close);
    }
}
