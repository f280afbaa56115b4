package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.MappedMemory;
import dev.hosta.linux.Memfd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A VM of 64 KiB at gpa 0 with one vCPU in real mode, for tests: code at 0x1000, stack below it,
 * all segments at 0.
 *
 * <p>Threading: the thread that makes it runs it.
 */
final class MicroGuest implements AutoCloseable {
    static final int CODE_GPA = 0x1000;
    static final long SIZE_BYTES = 0x10000;

    final Kvm kvm = Kvm.open();
    final KvmVm vm = kvm.createVm();
    final MappedMemory ram;
    final KvmVcpu vcpu;

    /** A guest without interrupt controllers: HLT exits. */
    MicroGuest(int... code) {
        this(false, 0, code);
    }

    /**
     * A guest.
     *
     * @param chips whether the interrupt controllers and the timer are in the kernel
     * @param slotFlags {@code KVM_MEM_*} of its memslot
     * @param code bytes at {@link #CODE_GPA}, 0..255 each
     */
    MicroGuest(boolean chips, int slotFlags, int... code) {
        vm.setTssAddress(0xfffb_d000L);
        vm.setIdentityMapAddress(0xfffb_c000L);
        if (chips) {
            vm.createIrqchip();
            vm.createPit2();
        }
        try (FileDescriptor memory = Memfd.create("micro-guest", SIZE_BYTES, HugePages.NONE)) {
            ram = MappedMemory.shared(memory, 0, SIZE_BYTES, true);
        }
        vm.setMemoryRegion(0, slotFlags, 0, SIZE_BYTES, ram.hva());
        put(CODE_GPA, code);
        vcpu = vm.createVcpu(0);
        vcpu.setCpuid(kvm.supportedCpuid());
        vcpu.setSregs(
                vcpu.sregs()
                        .withCs(KvmSegment.realModeCode(0))
                        .withData(KvmSegment.realModeData(0)));
        vcpu.setRegs(KvmRegs.RESET.withRip(CODE_GPA).withRsp(CODE_GPA));
    }

    MemorySegment memory() {
        return ram.segment();
    }

    void put(int gpa, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            memory().set(ValueLayout.JAVA_BYTE, gpa + i, (byte) bytes[i]);
        }
    }

    /** Runs to the next exit and gives its reason; runs on where KVM says EAGAIN. */
    int exit() {
        RunResult result;
        do {
            result = vcpu.run();
        } while (result == RunResult.AGAIN);
        if (result != RunResult.EXITED) {
            throw new AssertionError("No exit: " + result);
        }
        return vcpu.runArea().exitReason();
    }

    static int logDirtyPages() {
        return KvmFlag.MEM_LOG_DIRTY_PAGES;
    }

    @Override
    public void close() {
        vcpu.close();
        vm.close();
        ram.close();
        kvm.close();
    }
}
