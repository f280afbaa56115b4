package dev.hosta.memory;

import dev.hosta.kvm.KvmVm;

/**
 * Mirrors memslots to a VM.
 *
 * <p>Threading: as {@link MemslotSink}.
 *
 * @param vm the VM; not owned
 */
public record KvmMemslots(KvmVm vm) implements MemslotSink {
    @Override
    public void set(int slot, int flags, long gpa, long sizeBytes, long hva) {
        vm.setMemoryRegion(slot, flags, gpa, sizeBytes, hva);
    }
}
