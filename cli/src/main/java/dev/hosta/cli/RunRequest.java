package dev.hosta.cli;

import dev.hosta.machine.MachineSpec;

import java.time.Duration;
import java.util.Optional;

/**
 * What {@code hosta run} was asked for.
 *
 * @param machine what the guest sees
 * @param console where its console goes
 * @param timeout when to end it whatever it does
 * @param reboot whether a reset that it asks for starts it anew
 * @param background whether the process leaves its terminal and says its guest's name once that
 *     runs
 * @param watching what is looked for in the guest
 */
record RunRequest(
        MachineSpec machine,
        ConsoleChoice console,
        Optional<Duration> timeout,
        boolean reboot,
        boolean background,
        Watching watching) {
    /** A run that looks for what every run does. */
    RunRequest(
            MachineSpec machine,
            ConsoleChoice console,
            Optional<Duration> timeout,
            boolean reboot,
            boolean background) {
        this(machine, console, timeout, reboot, background, Watching.USUAL);
    }
}
