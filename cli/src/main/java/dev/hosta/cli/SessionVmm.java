package dev.hosta.cli;

import dev.hosta.control.CallException;
import dev.hosta.control.ConsoleHub;
import dev.hosta.control.Forks;
import dev.hosta.control.Migrations;
import dev.hosta.control.Saves;
import dev.hosta.control.SerialChoice;
import dev.hosta.control.VmView;
import dev.hosta.control.Vmm;
import dev.hosta.machine.MachineSpec;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A run as its API shows it: a VMM that has one VM from its beginning, and ends with it.
 *
 * <p>Threading: any thread.
 */
final class SessionVmm implements Vmm {
    private final String name;
    private final Session session;
    private final ConsoleHub console;
    private final SessionSaves saves;

    SessionVmm(String name, Session session, ConsoleHub console, SessionSaves saves) {
        this.name = name;
        this.session = session;
        this.console = console;
        this.saves = saves;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<VmView> vm() {
        return Optional.of(session.view());
    }

    @Override
    public void create(MachineSpec spec, SerialChoice serial) {
        throw new CallException(500, "The VM is already created.");
    }

    @Override
    public void restore(Path folder, boolean prefault) {
        throw new CallException(500, "The VM is already created.");
    }

    @Override
    public Saves saves() {
        return saves.saves();
    }

    @Override
    public Migrations migrations() {
        return saves.migrations();
    }

    @Override
    public Forks forks() {
        return saves.forks();
    }

    @Override
    public void boot() {
        throw new CallException(500, "The VM is already booted.");
    }

    private void requireArrived() {
        if (session.isAwaited()) {
            throw new CallException(405, "The VM has not arrived.");
        }
    }

    @Override
    public void shutdown() {
        requireArrived();
        session.takeDown();
    }

    @Override
    public void reboot() {
        requireArrived();
        session.reboot();
    }

    @Override
    public void delete() {
        requireArrived();
        session.stop();
    }

    @Override
    public void end() {
        requireArrived();
        session.stop();
    }

    @Override
    public boolean endsWithMachine() {
        return true;
    }

    @Override
    public ConsoleHub console() {
        return console;
    }
}
