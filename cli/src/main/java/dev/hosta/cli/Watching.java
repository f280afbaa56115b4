package dev.hosta.cli;

import dev.hosta.boot.Initramfs;
import dev.hosta.machine.BootSpec;
import dev.hosta.script.Script;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a run looks for in its guest.
 *
 * @param stall after how long without output and progress it counts as hanging; never where empty
 * @param panics whether a kernel that says on the console that it has panicked has crashed
 * @param script what is to be done with it, if anything
 * @param log where its serial console is kept with times, if anywhere
 * @param initramfs to be made before the guest starts, where it is not the user's own
 * @param symbols a file with the names of its kernel's addresses; where empty, the kernel's own
 */
record Watching(
        Optional<Duration> stall,
        boolean panics,
        Optional<Named> script,
        Optional<Path> log,
        Optional<Initramfs> initramfs,
        Optional<Path> symbols) {
    /**
     * A script and where it comes from.
     *
     * @param name of its file, or of the command line
     * @param reporting where its report goes, if anywhere
     */
    record Named(String name, Script script, Optional<Reporting> reporting) {
        /** Whether standard output is taken by the report. */
        boolean isOnStdout() {
            return reporting.isPresent() && reporting.get().isOnStdout();
        }
    }

    /** Puts together what the guest boots with, where it is not the user's own. */
    void makeInitramfs(BootSpec boot) {
        if (initramfs.isPresent()) {
            initramfs.get().write(boot.initrd().orElseThrow());
        }
    }

    /** What every run looks for. */
    static final Watching USUAL =
            new Watching(
                    Optional.empty(),
                    true,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
}
