package dev.hosta.memory;

import dev.hosta.kvm.KvmCapability;
import dev.hosta.kvm.KvmVm;
import dev.hosta.kvm.abi.KvmFlag;

import java.lang.foreign.MemorySegment;

/**
 * KVM's dirty log. Where KVM has {@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2}, reading and clearing
 * are two requests, so that only pages that were written cost a new write protection; older kernels
 * clear while they read.
 */
final class KvmDirtyLog implements DirtyLog {
    private final KvmVm vm;
    private final boolean manual;

    /** Turns manual protection on where the VM has it; before any slot logs. */
    KvmDirtyLog(KvmVm vm) {
        this.vm = vm;
        int offered = vm.check(KvmCapability.MANUAL_DIRTY_LOG_PROTECT2);
        this.manual = (offered & KvmFlag.DIRTY_LOG_MANUAL_PROTECT_ENABLE) != 0;
        if (manual) {
            vm.enableCapability(
                    KvmCapability.MANUAL_DIRTY_LOG_PROTECT2,
                    KvmFlag.DIRTY_LOG_MANUAL_PROTECT_ENABLE);
        }
    }

    @Override
    public void read(Memslot slot, MemorySegment bitmap) {
        vm.dirtyLog(slot.slot(), bitmap);
    }

    @Override
    public void clear(Memslot slot, long firstPage, long pageCount, MemorySegment bitmap) {
        if (manual) {
            vm.clearDirtyLog(slot.slot(), firstPage, pageCount, bitmap);
        }
    }
}
