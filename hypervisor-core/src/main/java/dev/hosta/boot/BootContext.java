package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

/** What one load works on; all of it is checked against the memory map before it is written. */
final class BootContext {
    private final GuestMemory memory;
    private final E820 e820;
    private final ImageFile initrd;
    private final long rsdpGpa;

    /** An {@code initrd} of null is none; an {@code rsdpGpa} of 0 is none. */
    BootContext(GuestMemory memory, E820 e820, ImageFile initrd, long rsdpGpa) {
        this.memory = memory;
        this.e820 = e820;
        this.initrd = initrd;
        this.rsdpGpa = rsdpGpa;
    }

    GuestMemory memory() {
        return memory;
    }

    E820 e820() {
        return e820;
    }

    long rsdpGpa() {
        return rsdpGpa;
    }

    boolean hasInitrd() {
        return initrd != null;
    }

    /** Chooses the initrd's place in RAM below 4 GiB, off what the kernel occupies. */
    Placement placeInitrd(Extent[] taken) {
        long endGpa = PhysicalLayout.LOW_RAM_END_GPA;
        return placeInitrd(taken, endGpa, endGpa);
    }

    /**
     * Chooses the initrd's place.
     *
     * @param taken what the kernel occupies
     * @param preferredEndGpa where the initrd should end, at most
     * @param endGpa where it must end, at most
     */
    Placement placeInitrd(Extent[] taken, long preferredEndGpa, long endGpa) {
        return initrd == null
                ? Placement.NONE
                : Placement.highest(e820, initrd, taken, preferredEndGpa, endGpa);
    }

    void copyInitrd(Placement place) {
        if (initrd != null) {
            initrd.copyTo(memory, place.gpa(), 0, place.sizeBytes());
        }
    }
}
