package dev.hosta.vcpu;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;
import dev.hosta.device.state.StateType;
import dev.hosta.kvm.KvmDebugRegs;
import dev.hosta.kvm.KvmMsr;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.kvm.KvmVcpuEvents;
import dev.hosta.kvm.KvmXcr;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The whole state of one vCPU: every version that this build can read. */
public sealed interface VcpuState {
    /**
     * All that KVM lets out of a vCPU, in KVM's terms (api.rst §4).
     *
     * @param regs general registers
     * @param sregs segments, tables, control registers, APIC base
     * @param debugRegs DR0-DR3, DR6, DR7
     * @param xcrs extended control registers
     * @param xsave the XSAVE area: x87, SSE, AVX and more; 4096 bytes or what XSAVE2 says
     * @param msrs model specific registers, each once
     * @param lapic register page of the local APIC
     * @param events exceptions, interrupts and NMIs under way
     * @param mpState {@code KVM_MP_STATE_*}, 0..10: runnable, waiting for INIT or SIPI, halted
     * @param tscKhz frequency of the guest's TSC in kHz
     */
    record V1(
            KvmRegs regs,
            KvmSregs sregs,
            KvmDebugRegs debugRegs,
            List<KvmXcr> xcrs,
            StateBytes xsave,
            List<KvmMsr> msrs,
            StateBytes lapic,
            KvmVcpuEvents events,
            int mpState,
            int tscKhz)
            implements VcpuState {
        /** Written since 0.1. */
        public static final StateType<V1> TYPE = new StateType<>("vcpu", 1, V1.class);

        private static final int LAPIC_BYTES = 1024;
        private static final int MIN_XSAVE_BYTES = 4096;
        private static final int MAX_XSAVE_BYTES = 1 << 20;
        private static final int MAX_XCRS = 16;
        private static final int MAX_MSRS = 4096;
        private static final int MAX_MP_STATE = 10;

        /** Checks sizes and ranges; whether the values make sense is KVM's to say. */
        public V1 {
            xcrs = List.copyOf(xcrs);
            msrs = List.copyOf(msrs);
            lapic.requireSize("the local APIC's registers", LAPIC_BYTES);
            require(
                    xsave.size() >= MIN_XSAVE_BYTES
                            && xsave.size() <= MAX_XSAVE_BYTES
                            && xsave.size() % MIN_XSAVE_BYTES == 0,
                    "Size of the XSAVE area must be whole pages up to 1 MiB: size=" + xsave.size());
            require(xcrs.size() <= MAX_XCRS, "Too many XCRs: count=" + xcrs.size());
            require(msrs.size() <= MAX_MSRS, "Too many MSRs: count=" + msrs.size());
            Set<Integer> seen = new HashSet<>();
            for (KvmMsr msr : msrs) {
                require(
                        seen.add(msr.index()),
                        "An MSR must be there once: index=0x" + Integer.toHexString(msr.index()));
            }
            require(
                    mpState >= 0 && mpState <= MAX_MP_STATE,
                    "MP state must be 0..10: mpState=" + mpState);
            require(tscKhz > 0, "TSC frequency must be above 0 kHz: tscKhz=" + tscKhz);
        }

        private static void require(boolean holds, String message) {
            if (!holds) {
                throw new InvalidStateException(message);
            }
        }
    }

    /** The newest form. A new version stops this compiling until its upgrade is written. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
