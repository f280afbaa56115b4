package dev.hosta.cli;

import dev.hosta.control.Forks;
import dev.hosta.control.Saves;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run has of saves and forks: nothing, until the first of them is asked for.
 *
 * <p>Threading: any thread.
 */
final class SessionSaves {
    private final String name;

    // Guarded by this object's monitor.
    private Optional<Saves> saves = Optional.empty();
    private Optional<Forks> forks = Optional.empty();

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
        Optional<Saves> begun = savesSoFar();
        if (begun.isPresent()) {
            begun.get().settle(cancelling);
        }
        Optional<Forks> lent = forksSoFar();
        if (lent.isPresent()) {
            lent.get().settle();
        }
    }

    /** Where the machine was suspended to; empty where it was not. */
    Optional<Path> suspendedTo() {
        Optional<Saves> begun = savesSoFar();
        return begun.isPresent() ? begun.get().suspendedTo() : Optional.empty();
    }
}
