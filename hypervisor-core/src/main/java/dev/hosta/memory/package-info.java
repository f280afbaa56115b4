/**
 * The two-stage memory map.
 *
 * <p>Stage two, {@code StageTwoMap}, says what stands at each guest physical address: an EPT-shaped
 * radix table whose leaves are RAM, ROM or MMIO; KVM's memslots are derived from it. Stage one,
 * {@code StageOneWalker}, reads the guest's own page tables. {@code MappedGuestMemory} is how
 * devices reach RAM; {@code DirtyPages} says what was written.
 */
package dev.hosta.memory;
