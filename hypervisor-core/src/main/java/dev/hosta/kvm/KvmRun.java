package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.RunLayout;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A view of the {@code struct kvm_run} that a vCPU shares with KVM. Reads and writes the mapped
 * page; holds no copy, allocates nothing but where it says so.
 *
 * <p>The accessors of an exit count only while {@link #exitReason} is that exit.
 *
 * <p>Threading: the vCPU's thread, between two runs; {@link #setImmediateExit} any thread.
 */
public final class KvmRun {
    private final MemorySegment run;

    KvmRun(MemorySegment run) {
        this.run = run;
    }

    /** Why the last run came back, {@code KvmExit.EXIT_*}. */
    public int exitReason() {
        return u32(RunLayout.EXIT_REASON);
    }

    /** Presets the exit reason, so that a run which fails without one is recognised. */
    public void setExitReason(int reason) {
        run.set(ValueLayout.JAVA_INT, RunLayout.EXIT_REASON, reason);
    }

    /**
     * Makes this and every next run return {@link RunResult#INTERRUPTED} at once, after completing
     * pending I/O. It does not stop a guest that runs already: kick the thread as well. Fully
     * fenced, so that what the caller wrote before is seen by a vCPU thread that finds it set.
     */
    public void setImmediateExit(boolean on) {
        VarHandle.fullFence();
        run.set(ValueLayout.JAVA_BYTE, RunLayout.IMMEDIATE_EXIT, (byte) (on ? 1 : 0));
        VarHandle.fullFence();
    }

    /** Whether the next run returns at once. */
    public boolean immediateExit() {
        return u8(RunLayout.IMMEDIATE_EXIT) != 0;
    }

    /** Asks for an exit as soon as the guest can take an interrupt; without in-kernel chips. */
    public void setRequestInterruptWindow(boolean on) {
        run.set(ValueLayout.JAVA_BYTE, RunLayout.REQUEST_INTERRUPT_WINDOW, (byte) (on ? 1 : 0));
    }

    /** Whether the guest can take an interrupt; without in-kernel chips. */
    public boolean readyForInterruptInjection() {
        return u8(RunLayout.READY_FOR_INTERRUPT_INJECTION) != 0;
    }

    /** RFLAGS.IF at the exit. */
    public boolean interruptFlag() {
        return u8(RunLayout.IF_FLAG) != 0;
    }

    /** {@code KVM_RUN_X86_*}: bit 0 in SMM, bit 1 a bus lock was seen. */
    public int flags() {
        return run.get(ValueLayout.JAVA_SHORT, RunLayout.FLAGS) & 0xffff;
    }

    // KVM_EXIT_IO

    /** Whether the guest writes to the port. */
    public boolean ioIsOut() {
        return u8(RunLayout.IO_DIRECTION) == KvmFlag.EXIT_IO_OUT;
    }

    /** Bytes a datum: 1, 2 or 4. */
    public int ioSizeBytes() {
        return u8(RunLayout.IO_SIZE);
    }

    /** The port, 0..65535. */
    public int ioPort() {
        return run.get(ValueLayout.JAVA_SHORT, RunLayout.IO_PORT) & 0xffff;
    }

    /** How many data; more than 1 for a string instruction with REP. */
    public int ioCount() {
        return u32(RunLayout.IO_COUNT);
    }

    /** Datum {@code i} that the guest wrote, zero-extended. */
    public long ioLoad(int i) {
        int size = ioSizeBytes();
        return load(u64(RunLayout.IO_DATA_OFFSET) + (long) i * size, size);
    }

    /** Puts datum {@code i} where the guest reads it. */
    public void ioStore(int i, long value) {
        int size = ioSizeBytes();
        store(u64(RunLayout.IO_DATA_OFFSET) + (long) i * size, size, value);
    }

    /** All data of the exit as one slice; allocates the slice. */
    public MemorySegment ioData() {
        return run.asSlice(u64(RunLayout.IO_DATA_OFFSET), (long) ioCount() * ioSizeBytes());
    }

    // KVM_EXIT_MMIO

    /** Guest physical address of the access. */
    public long mmioGpa() {
        return u64(RunLayout.MMIO_PHYS_ADDR);
    }

    /** Bytes of the access, 1..8. */
    public int mmioLength() {
        return u32(RunLayout.MMIO_LEN);
    }

    /** Whether the guest writes. */
    public boolean mmioIsWrite() {
        return u8(RunLayout.MMIO_IS_WRITE) != 0;
    }

    /** What the guest writes, zero-extended from {@link #mmioLength} bytes, little-endian. */
    public long mmioLoad() {
        int unused = 64 - 8 * mmioLength();
        return u64(RunLayout.MMIO_DATA) << unused >>> unused;
    }

    /** What the guest reads; it takes the low {@link #mmioLength} bytes. */
    public void mmioStore(long value) {
        run.set(ValueLayout.JAVA_LONG, RunLayout.MMIO_DATA, value);
    }

    /** The {@link #mmioLength} bytes of the exit as one slice; allocates the slice. */
    public MemorySegment mmioData() {
        return run.asSlice(RunLayout.MMIO_DATA, mmioLength());
    }

    // KVM_EXIT_X86_RDMSR and KVM_EXIT_X86_WRMSR

    /** Number of the MSR. */
    public int msrIndex() {
        return u32(RunLayout.MSR_INDEX);
    }

    /** {@code KVM_MSR_EXIT_REASON_*}: why it exited. */
    public int msrReason() {
        return u32(RunLayout.MSR_REASON);
    }

    /** The value that the guest writes. */
    public long msrLoad() {
        return u64(RunLayout.MSR_DATA);
    }

    /** The value that the guest reads. */
    public void msrStore(long value) {
        run.set(ValueLayout.JAVA_LONG, RunLayout.MSR_DATA, value);
        run.set(ValueLayout.JAVA_BYTE, RunLayout.MSR_ERROR, (byte) 0);
    }

    /** Answers the access with #GP. */
    public void msrFault() {
        run.set(ValueLayout.JAVA_BYTE, RunLayout.MSR_ERROR, (byte) 1);
    }

    // Exits that end or examine the guest

    /** KVM_EXIT_UNKNOWN: the hardware's own number. */
    public long unknownHardwareReason() {
        return u64(RunLayout.HW_HARDWARE_EXIT_REASON);
    }

    /** KVM_EXIT_FAIL_ENTRY: the hardware's reason. */
    public long failEntryReason() {
        return u64(RunLayout.FAIL_ENTRY_HARDWARE_ENTRY_FAILURE_REASON);
    }

    /** KVM_EXIT_FAIL_ENTRY: the host CPU. */
    public int failEntryCpu() {
        return u32(RunLayout.FAIL_ENTRY_CPU);
    }

    /** KVM_EXIT_EXCEPTION: the vector. */
    public int exceptionVector() {
        return u32(RunLayout.EX_EXCEPTION);
    }

    /** KVM_EXIT_EXCEPTION: the error code. */
    public int exceptionErrorCode() {
        return u32(RunLayout.EX_ERROR_CODE);
    }

    /** KVM_EXIT_DEBUG: vector 1 (#DB) or 3 (#BP). */
    public int debugException() {
        return u32(RunLayout.DEBUG_ARCH_EXCEPTION);
    }

    /** KVM_EXIT_DEBUG: linear instruction pointer. */
    public long debugPc() {
        return u64(RunLayout.DEBUG_ARCH_PC);
    }

    /** KVM_EXIT_DEBUG: DR6. */
    public long debugDr6() {
        return u64(RunLayout.DEBUG_ARCH_DR6);
    }

    /** KVM_EXIT_DEBUG: DR7. */
    public long debugDr7() {
        return u64(RunLayout.DEBUG_ARCH_DR7);
    }

    /** KVM_EXIT_INTERNAL_ERROR: {@code KVM_INTERNAL_ERROR_*}. */
    public int internalSuberror() {
        return u32(RunLayout.INTERNAL_SUBERROR);
    }

    /** KVM_EXIT_INTERNAL_ERROR: the words that KVM gave; allocates. */
    public long[] internalData() {
        return words(u32(RunLayout.INTERNAL_NDATA), RunLayout.INTERNAL_DATA);
    }

    /**
     * KVM_EXIT_INTERNAL_ERROR with suberror 1: the instruction that KVM could not emulate, 0..15
     * bytes; empty where KVM does not say. Allocates.
     */
    public byte[] emulationFailureInstruction() {
        int given = KvmFlag.INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
        if (internalSuberror() != KvmFlag.INTERNAL_ERROR_EMULATION
                || u32(RunLayout.EMULATION_FAILURE_NDATA) < 1
                || (u64(RunLayout.EMULATION_FAILURE_FLAGS) & given) == 0) {
            return new byte[0];
        }
        int length = Math.min(15, u8(RunLayout.EMULATION_FAILURE_INSN_SIZE));
        return run.asSlice(RunLayout.EMULATION_FAILURE_INSN_BYTES, length)
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** KVM_EXIT_SYSTEM_EVENT: {@code KVM_SYSTEM_EVENT_*}. */
    public int systemEventType() {
        return u32(RunLayout.SYSTEM_EVENT_TYPE);
    }

    /** KVM_EXIT_SYSTEM_EVENT: the words that KVM gave; allocates. */
    public long[] systemEventData() {
        return words(u32(RunLayout.SYSTEM_EVENT_NDATA), RunLayout.SYSTEM_EVENT_DATA);
    }

    /** KVM_EXIT_NOTIFY: bit 0, the vCPU's state is corrupt. */
    public int notifyFlags() {
        return u32(RunLayout.NOTIFY_FLAGS);
    }

    /** KVM_EXIT_MEMORY_FAULT: why. */
    public long memoryFaultFlags() {
        return u64(RunLayout.MEMORY_FAULT_FLAGS);
    }

    /** KVM_EXIT_MEMORY_FAULT: first guest physical address. */
    public long memoryFaultGpa() {
        return u64(RunLayout.MEMORY_FAULT_GPA);
    }

    /** KVM_EXIT_MEMORY_FAULT: length in bytes. */
    public long memoryFaultSizeBytes() {
        return u64(RunLayout.MEMORY_FAULT_SIZE);
    }

    // Exits that a VMM with in-kernel chips meets only if it asks for them

    /** KVM_EXIT_HYPERCALL: number. */
    public long hypercallNumber() {
        return u64(RunLayout.HYPERCALL_NR);
    }

    /** KVM_EXIT_HYPERCALL: argument 0..5. */
    public long hypercallArgument(int i) {
        return u64(RunLayout.HYPERCALL_ARGS + 8L * i);
    }

    /** KVM_EXIT_HYPERCALL: what the guest gets. */
    public void setHypercallResult(long value) {
        run.set(ValueLayout.JAVA_LONG, RunLayout.HYPERCALL_RET, value);
    }

    /** KVM_EXIT_TPR_ACCESS: instruction pointer. */
    public long tprAccessRip() {
        return u64(RunLayout.TPR_ACCESS_RIP);
    }

    /** KVM_EXIT_TPR_ACCESS: whether the guest writes. */
    public boolean tprAccessIsWrite() {
        return u32(RunLayout.TPR_ACCESS_IS_WRITE) != 0;
    }

    /** KVM_EXIT_IOAPIC_EOI: the vector. */
    public int ioapicEoiVector() {
        return u8(RunLayout.EOI_VECTOR);
    }

    private long load(long at, int sizeBytes) {
        return switch (sizeBytes) {
            case 1 -> run.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
            case 2 -> run.get(ValueLayout.JAVA_SHORT, at) & 0xffffL;
            case 4 -> run.get(ValueLayout.JAVA_INT, at) & 0xffff_ffffL;
            default -> throw new IllegalStateException("No port I/O of " + sizeBytes + " bytes");
        };
    }

    private void store(long at, int sizeBytes, long value) {
        switch (sizeBytes) {
            case 1 -> run.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case 2 -> run.set(ValueLayout.JAVA_SHORT, at, (short) value);
            case 4 -> run.set(ValueLayout.JAVA_INT, at, (int) value);
            default -> throw new IllegalStateException("No port I/O of " + sizeBytes + " bytes");
        }
    }

    private int u8(long at) {
        return run.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private int u32(long at) {
        return run.get(ValueLayout.JAVA_INT, at);
    }

    private long u64(long at) {
        return run.get(ValueLayout.JAVA_LONG, at);
    }

    private long[] words(int count, long at) {
        long bytes = 8L * Math.clamp(count, 0, 16);
        return run.asSlice(at, bytes).toArray(ValueLayout.JAVA_LONG);
    }
}
