package dev.hosta.migration;

import dev.hosta.machine.VirtualMachine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes a guest that has just come known to its networks: at once, and some times more, as a frame
 * may be lost, and a switch's port may not be open yet.
 *
 * <p>Threading: a thread that has nothing else to do.
 */
final class Announcement {
    private static final long[] WAITS_MILLIS = {0, 50, 150, 300, 500};

    private Announcement() {}

    /** Does it, which takes a second. What comes after the machine's end goes nowhere. */
    static void make(VirtualMachine machine) {
        for (long wait : WAITS_MILLIS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(wait));
            machine.running().announce();
        }
    }
}
