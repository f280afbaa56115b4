package dev.hosta.cli;

import dev.hosta.control.Forks;
import dev.hosta.control.Migrations;
import dev.hosta.control.Saves;

import java.util.Optional;

/**
 * What a run has of saves, forks and migrations: nothing, until the first of them is asked for.
 *
 * <p>Threading: any thread.
 */
final class SessionSaves {
    private final String name;

    // Guarded by this object's monitor.
    private Optional<Saves> saves = Optional.empty();
    private Optional<Forks> forks = Optional.empty();
    private Optional<Migrations> migrations = Optional.empty();

    SessionSaves(String name) {
        this.name = name;
    }

    synchronized Saves saves() {
        if (saves.isEmpty()) {
            saves = Optional.of(new Saves());
        }
        return saves.get();
    }

    synchronized Forks forks() {
        if (forks.isEmpty()) {
            forks = Optional.of(new Forks(name));
        }
        return forks.get();
    }

    synchronized Migrations migrations() {
        if (migrations.isEmpty()) {
            migrations = Optional.of(new Migrations());
        }
        return migrations.get();
    }

    private synchronized Optional<Migrations> migrationsSoFar() {
        return migrations;
    }

    private synchronized Optional<Saves> savesSoFar() {
        return saves;
    }

    private synchronized Optional<Forks> forksSoFar() {
        return forks;
    }

    /**
     * Before the machine goes away: a snapshot that was begun is of a guest that lived, and is
     * written to its end, unless its user ended that.
     */
    void settle(boolean cancelling) {
        // No lambdas: where nothing was saved, nothing of saves is loaded.
        Optional<Migrations> sent = migrationsSoFar();
        if (sent.isPresent()) {
            sent.get().settle();
        }
        Optional<Saves> begun = savesSoFar();
        if (begun.isPresent()) {
            begun.get().settle(cancelling);
        }
        Optional<Forks> lent = forksSoFar();
        if (lent.isPresent()) {
            lent.get().settle();
        }
    }

    /** What became of a guest that goes on elsewhere, after its name; empty where it does not. */
    Optional<String> elsewhere() {
        Optional<Migrations> sent = migrationsSoFar();
        if (sent.isPresent() && sent.get().goneTo().isPresent()) {
            return Optional.of("went to " + sent.get().goneTo().get());
        }
        Optional<Saves> begun = savesSoFar();
        if (begun.isPresent() && begun.get().suspendedTo().isPresent()) {
            return Optional.of("is suspended to " + begun.get().suspendedTo().get());
        }
        return Optional.empty();
    }

    /** A machine takes the place of another that has ended. */
    void next() {
        Optional<Migrations> sent = migrationsSoFar();
        if (sent.isPresent()) {
            sent.get().forget();
        }
    }
}
