package dev.hosta.machine;

import dev.hosta.memory.GuestRam;
import dev.hosta.memory.RamPortion;

/**
 * What is done before a cut of a running guest so that the cut is short.
 *
 * <p>Threading: the thread that cuts.
 */
final class CutPreparation {
    private boolean rehearsed;

    /**
     * Rehearses the first cut, and folds RAM where that is of use: many short pauses spare the cut
     * a long one, as what the guest wrote since the cut before is copied in portions.
     *
     * @param machine running, and runs afterwards
     * @return the longest that it stood still at a stretch, in nanoseconds
     */
    long run(VirtualMachine machine) {
        if (!rehearsed) {
            CutRehearsal.run(machine.cpu());
            rehearsed = true;
        }
        long longest = 0;
        GuestRam ram = machine.ram();
        for (RamPortion portion : ram.foldable()) {
            long from = System.nanoTime();
            machine.pause();
            try {
                ram.fold(portion);
            } finally {
                machine.resume();
            }
            longest = Math.max(longest, System.nanoTime() - from);
            ram.dropFormer();
        }
        return longest;
    }
}
