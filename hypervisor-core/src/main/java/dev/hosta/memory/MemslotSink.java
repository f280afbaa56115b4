package dev.hosta.memory;

/**
 * Where the memslots that a {@link StageTwoMap} derives are mirrored to: KVM, or a test's record.
 *
 * <p>Threading: called by the thread that changes the map, one call at a time.
 */
@FunctionalInterface
public interface MemslotSink {
    /**
     * Creates, changes or deletes a slot, by the rules of {@code KVM_SET_USER_MEMORY_REGION}: size
     * 0 deletes; of an existing slot only {@link Memslot#LOG_DIRTY} may differ.
     *
     * @param slot its number
     * @param flags {@link Memslot#LOG_DIRTY}, {@link Memslot#READONLY}
     * @param gpa first guest physical address, 4 KiB aligned
     * @param sizeBytes length, a multiple of 4 KiB; 0 deletes
     * @param hva host virtual address behind {@code gpa}
     * @throws RuntimeException if it did not happen; the slot is then as it was before
     */
    void set(int slot, int flags, long gpa, long sizeBytes, long hva);
}
