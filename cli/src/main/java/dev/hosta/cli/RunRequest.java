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
 */
record RunRequest(
        MachineSpec machine,
        ConsoleChoice console,
        Optional<Duration> timeout,
        boolean reboot,
        boolean background) {}
