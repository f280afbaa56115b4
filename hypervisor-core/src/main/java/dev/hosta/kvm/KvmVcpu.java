package dev.hosta.kvm;

import dev.hosta.kvm.abi.DebugregsLayout;
import dev.hosta.kvm.abi.GuestDebugLayout;
import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.kvm.abi.LapicStateLayout;
import dev.hosta.kvm.abi.MpStateLayout;
import dev.hosta.kvm.abi.RegsLayout;
import dev.hosta.kvm.abi.SignalMaskLayout;
import dev.hosta.kvm.abi.SregsLayout;
import dev.hosta.kvm.abi.TranslationLayout;
import dev.hosta.kvm.abi.VcpuEventsLayout;
import dev.hosta.kvm.abi.XcrsLayout;
import dev.hosta.kvm.abi.XsaveLayout;
import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.MappedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * One vCPU: running it, and all of its state.
 *
 * <p>State is whole only between two runs without a pending exit: after an I/O or MMIO exit, run
 * once more with {@link KvmRun#setImmediateExit} before reading it.
 *
 * <p>Threading: the thread that created it makes all calls. Only {@link KvmRun#setImmediateExit} is
 * any thread's.
 */
public final class KvmVcpu implements AutoCloseable {
    private final int id;
    private final KvmFd vcpu;
    private final MappedMemory mapping;
    private final KvmRun run;
    private final int xsaveSizeBytes;

    KvmVcpu(int id, KvmFd vcpu, MappedMemory mapping, int xsaveSizeBytes) {
        this.id = id;
        this.vcpu = vcpu;
        this.mapping = mapping;
        this.run = new KvmRun(mapping.segment());
        this.xsaveSizeBytes = xsaveSizeBytes;
    }

    /** The id it was created with; also its local APIC id. */
    public int id() {
        return id;
    }

    /** The vCPU's file descriptor; this object keeps owning it. */
    public FileDescriptor fd() {
        return vcpu.fd();
    }

    /** The page that this vCPU shares with KVM. */
    public KvmRun runArea() {
        return run;
    }

    /**
     * Runs the guest until it exits or is interrupted. Allocates nothing.
     *
     * @throws KvmException where the kernel cannot run it: EFAULT, the memory behind a gpa is gone
     */
    public RunResult run() {
        int result = vcpu.attempt(KvmRequest.RUN, 0);
        if (result >= 0) {
            return RunResult.EXITED;
        }
        return switch (-result) {
            case Errno.EINTR -> RunResult.INTERRUPTED;
            case Errno.EAGAIN -> RunResult.AGAIN;
            default ->
                    throw new KvmException(
                            "run vCPU " + id,
                            KvmRequest.RUN,
                            -result,
                            result == -Errno.EFAULT
                                    ? "The host memory behind a guest page is not there;"
                                            + " a huge page pool may have run dry."
                                    : "");
        };
    }

    /** The general registers. */
    public KvmRegs regs() {
        try (Arena arena = Arena.ofConfined()) {
            return KvmRegs.read(
                    get(arena, "general registers", KvmRequest.GET_REGS, RegsLayout.SIZE));
        }
    }

    /** Writes the general registers; a pending exception is dropped by KVM. */
    public void setRegs(KvmRegs regs) {
        try (Arena arena = Arena.ofConfined()) {
            set("general registers", KvmRequest.SET_REGS, regs.write(arena));
        }
    }

    /** Segment, table and control registers. */
    public KvmSregs sregs() {
        try (Arena arena = Arena.ofConfined()) {
            return SregsCodec.read(
                    get(arena, "segment registers", KvmRequest.GET_SREGS, SregsLayout.SIZE));
        }
    }

    /** Writes segment, table and control registers. EINVAL: a combination that no CPU has. */
    public void setSregs(KvmSregs sregs) {
        try (Arena arena = Arena.ofConfined()) {
            set("segment registers", KvmRequest.SET_SREGS, SregsCodec.write(arena, sregs));
        }
    }

    /** Bytes of {@link #xsave}: 4096, or more where the VM has more vector state. */
    public int xsaveSizeBytes() {
        return xsaveSizeBytes;
    }

    /** The XSAVE area: x87, SSE, AVX and so on, in the host's layout (CPUID leaf 0xd). */
    public byte[] xsave() {
        KvmRequest request =
                xsaveSizeBytes > XsaveLayout.SIZE ? KvmRequest.GET_XSAVE2 : KvmRequest.GET_XSAVE;
        try (Arena arena = Arena.ofConfined()) {
            return get(arena, "vector registers", request, xsaveSizeBytes)
                    .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Writes what {@link #xsave} read, of the same length. */
    public void setXsave(byte[] area) {
        KvmInterrupts.requireLength(area, xsaveSizeBytes, "XSAVE area");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(area.length, 64);
            MemorySegment.copy(area, 0, s, ValueLayout.JAVA_BYTE, 0, area.length);
            set("vector registers", KvmRequest.SET_XSAVE, s);
        }
    }

    /** The extended control registers; today XCR0 alone. */
    public List<KvmXcr> xcrs() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s =
                    get(arena, "extended control registers", KvmRequest.GET_XCRS, XcrsLayout.SIZE);
            return XcrTable.read(s);
        }
    }

    /** Writes extended control registers, 16 at most. */
    public void setXcrs(List<KvmXcr> xcrs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = XcrTable.write(arena, xcrs);
            set("extended control registers", KvmRequest.SET_XCRS, s);
        }
    }

    /**
     * Reads MSRs.
     *
     * @throws KvmException that names the first MSR which cannot be read
     */
    public List<KvmMsr> msrs(int... indices) {
        return MsrTable.read(vcpu, indices);
    }

    /**
     * Writes MSRs in the order given.
     *
     * @throws KvmException that names the first MSR and value which KVM refuses; those before it
     *     are written
     */
    public void setMsrs(List<KvmMsr> msrs) {
        MsrTable.write(vcpu, msrs);
    }

    /** The local APIC's registers at their xAPIC offsets: 1024 bytes. */
    public byte[] lapic() {
        try (Arena arena = Arena.ofConfined()) {
            return get(arena, "local APIC", KvmRequest.GET_LAPIC, LapicStateLayout.SIZE)
                    .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Writes what {@link #lapic} read. */
    public void setLapic(byte[] registers) {
        KvmInterrupts.requireLength(registers, LapicStateLayout.SIZE, "local APIC state");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(LapicStateLayout.SIZE, 8);
            MemorySegment.copy(registers, 0, s, ValueLayout.JAVA_BYTE, 0, registers.length);
            set("local APIC", KvmRequest.SET_LAPIC, s);
        }
    }

    /** Exceptions, interrupts, NMIs and SMIs in flight. */
    public KvmVcpuEvents events() {
        try (Arena arena = Arena.ofConfined()) {
            return EventsCodec.read(
                    get(
                            arena,
                            "pending events",
                            KvmRequest.GET_VCPU_EVENTS,
                            VcpuEventsLayout.SIZE));
        }
    }

    /** Writes what {@link #events} read. EINVAL: a flag without its capability. */
    public void setEvents(KvmVcpuEvents events) {
        try (Arena arena = Arena.ofConfined()) {
            set("pending events", KvmRequest.SET_VCPU_EVENTS, EventsCodec.write(arena, events));
        }
    }

    /** Run state, {@code KVM_MP_STATE_*}: 0 runnable, 1 before INIT, 2 before SIPI, 3 halted. */
    public int mpState() {
        try (Arena arena = Arena.ofConfined()) {
            return get(arena, "run state", KvmRequest.GET_MP_STATE, MpStateLayout.SIZE)
                    .get(ValueLayout.JAVA_INT, MpStateLayout.MP_STATE);
        }
    }

    /** Writes the run state, see {@link #mpState}. */
    public void setMpState(int mpState) {
        try (Arena arena = Arena.ofConfined()) {
            set(
                    "run state",
                    KvmRequest.SET_MP_STATE,
                    arena.allocateFrom(ValueLayout.JAVA_INT, mpState));
        }
    }

    /** The debug registers. */
    public KvmDebugRegs debugRegs() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s =
                    get(arena, "debug registers", KvmRequest.GET_DEBUGREGS, DebugregsLayout.SIZE);
            return new KvmDebugRegs(
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DB),
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 8),
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 16),
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 24),
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DR6),
                    s.get(ValueLayout.JAVA_LONG, DebugregsLayout.DR7));
        }
    }

    /** Writes the debug registers. */
    public void setDebugRegs(KvmDebugRegs regs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(DebugregsLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DB, regs.db0());
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 8, regs.db1());
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 16, regs.db2());
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DB + 24, regs.db3());
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DR6, regs.dr6());
            s.set(ValueLayout.JAVA_LONG, DebugregsLayout.DR7, regs.dr7());
            set("debug registers", KvmRequest.SET_DEBUGREGS, s);
        }
    }

    /** The CPUID table of this vCPU. */
    public List<CpuidEntry> cpuid() {
        return CpuidTable.read(vcpu, "read CPUID of vCPU " + id, KvmRequest.GET_CPUID2);
    }

    /** Sets the CPUID table. Before the first run. */
    public void setCpuid(List<CpuidEntry> entries) {
        try (Arena arena = Arena.ofConfined()) {
            set("CPUID", KvmRequest.SET_CPUID2, CpuidTable.write(arena, entries));
        }
    }

    /**
     * Sets the thread's signal mask inside {@link #run}.
     *
     * @param blocked bit n-1 blocks signal n; see {@code ThreadKick.maskInsideRun}
     */
    public void setSignalMask(long blocked) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(SignalMaskLayout.SIZE + 8, 8);
            s.set(ValueLayout.JAVA_INT, SignalMaskLayout.LEN, 8);
            s.set(ValueLayout.JAVA_LONG_UNALIGNED, SignalMaskLayout.SIGSET, blocked);
            set("signal mask", KvmRequest.SET_SIGNAL_MASK, s);
        }
    }

    /** Makes {@link #run} keep the thread's own signal mask again. */
    public void clearSignalMask() {
        vcpu.call("clear the signal mask of vCPU " + id, KvmRequest.SET_SIGNAL_MASK, 0);
    }

    /** Frequency of the guest's TSC in kHz. */
    public int tscKhz() {
        return vcpu.call("read the TSC frequency", KvmRequest.GET_TSC_KHZ, 0);
    }

    /** Sets the frequency of the guest's TSC; another than the host's needs TSC_CONTROL. */
    public void setTscKhz(int kilohertz) {
        int result = vcpu.attempt(KvmRequest.SET_TSC_KHZ, kilohertz);
        if (result < 0) {
            throw new KvmException(
                    "set the TSC frequency to " + kilohertz + " kHz",
                    KvmRequest.SET_TSC_KHZ,
                    -result,
                    "This host cannot scale the TSC; use its own frequency.");
        }
    }

    /** KVM's own walk of the guest's page tables, as a second opinion. */
    public KvmTranslation translate(long gva) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(TranslationLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_LONG, TranslationLayout.LINEAR_ADDRESS, gva);
            vcpu.call("translate 0x" + Long.toHexString(gva), KvmRequest.TRANSLATE, s);
            return new KvmTranslation(
                    s.get(ValueLayout.JAVA_BYTE, TranslationLayout.VALID) != 0,
                    s.get(ValueLayout.JAVA_LONG, TranslationLayout.PHYSICAL_ADDRESS));
        }
    }

    /**
     * Turns single step and breakpoints on or off; each gives {@code KVM_EXIT_DEBUG}.
     *
     * @param control {@code KVM_GUESTDBG_*}; 0 turns all off
     * @param debugRegisters DR0..DR7, as many as are meant
     */
    public void setGuestDebug(int control, long... debugRegisters) {
        if (debugRegisters.length > 8) {
            throw new IllegalArgumentException("There are eight debug registers");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(GuestDebugLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, GuestDebugLayout.CONTROL, control);
            for (int i = 0; i < debugRegisters.length; i++) {
                s.set(
                        ValueLayout.JAVA_LONG,
                        GuestDebugLayout.ARCH_DEBUGREG + 8L * i,
                        debugRegisters[i]);
            }
            set("debug control", KvmRequest.SET_GUEST_DEBUG, s);
        }
    }

    /**
     * Tells a guest with kvmclock that it was paused, so that its watchdogs keep quiet.
     *
     * @return false where the guest does not use kvmclock
     */
    public boolean kvmclockCtrl() {
        int result = vcpu.attempt(KvmRequest.KVMCLOCK_CTRL, 0);
        if (result < 0 && result != -Errno.EINVAL) {
            throw new KvmException("tell of a pause", KvmRequest.KVMCLOCK_CTRL, -result, "");
        }
        return result >= 0;
    }

    /** Queues a non-maskable interrupt. */
    public void nmi() {
        vcpu.call("queue an NMI for vCPU " + id, KvmRequest.NMI, 0);
    }

    /**
     * Maps this vCPU's dirty ring, which the VM enabled before.
     *
     * @param sizeBytes as it was enabled
     * @return an array of {@code struct kvm_dirty_gfn}; the caller closes it
     */
    public MappedMemory mapDirtyRing(long sizeBytes) {
        long offset = (long) KvmFlag.DIRTY_LOG_PAGE_OFFSET * 4096;
        return MappedMemory.shared(vcpu.fd(), offset, sizeBytes, true);
    }

    private MemorySegment get(Arena arena, String what, KvmRequest request, int sizeBytes) {
        MemorySegment s = arena.allocate(sizeBytes, 64);
        vcpu.call("read the " + what + " of vCPU " + id, request, s);
        return s;
    }

    private void set(String what, KvmRequest request, MemorySegment value) {
        vcpu.call("write the " + what + " of vCPU " + id, request, value);
    }

    /** Unmaps the shared page and closes the descriptor. Idempotent. */
    @Override
    public void close() {
        mapping.close();
        vcpu.close();
    }
}
