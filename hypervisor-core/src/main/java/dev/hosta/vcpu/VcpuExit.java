package dev.hosta.vcpu;

import java.lang.foreign.MemorySegment;

/**
 * Why a vCPU stopped running guest code: all that KVM can give on x86, as one sealed type.
 *
 * <p>Where the guest waits for data ({@link PortIn}, {@link MmioRead}), {@code data} is the place
 * that the answer goes to, little-endian; it is valid until the vCPU runs again. Tests make exits
 * with segments of their own.
 *
 * <p>Source: Documentation/virt/kvm/api.rst §5, {@code struct kvm_run}.
 */
public sealed interface VcpuExit {
    /**
     * IN or INS: the guest reads {@code count} items of {@code widthBytes} from one port.
     *
     * @param port 0..65535
     * @param widthBytes 1, 2 or 4
     * @param count 1 for IN; more for a repeated INS
     * @param data {@code widthBytes * count} bytes to fill
     */
    record PortIn(int port, int widthBytes, int count, MemorySegment data) implements VcpuExit {}

    /**
     * OUT or OUTS: the guest writes {@code count} items of {@code widthBytes} to one port.
     *
     * @param port 0..65535
     * @param widthBytes 1, 2 or 4
     * @param count 1 for OUT; more for a repeated OUTS
     * @param data {@code widthBytes * count} bytes to read
     */
    record PortOut(int port, int widthBytes, int count, MemorySegment data) implements VcpuExit {}

    /**
     * A load from a gpa without memslot.
     *
     * @param gpa first byte
     * @param widthBytes 1..8; odd widths are fragments of an access that crosses a page
     * @param data {@code widthBytes} bytes to fill
     */
    record MmioRead(long gpa, int widthBytes, MemorySegment data) implements VcpuExit {}

    /**
     * A store to a gpa without memslot, or to a read-only one.
     *
     * @param gpa first byte
     * @param widthBytes 1..8
     * @param data {@code widthBytes} bytes to read
     */
    record MmioWrite(long gpa, int widthBytes, MemorySegment data) implements VcpuExit {}

    /** HLT; only without an in-kernel interrupt controller. */
    record Halted() implements VcpuExit {}

    /** Triple fault. */
    record Shutdown() implements VcpuExit {}

    /**
     * KVM gave up, e.g. it cannot emulate an instruction.
     *
     * @param suberror {@code KVM_INTERNAL_ERROR_*}
     * @param data what KVM adds, suberror by suberror
     */
    record InternalError(int suberror, long[] data) implements VcpuExit {}

    /**
     * The hardware refused the vCPU's state.
     *
     * @param hardwareReason the vendor's entry-failure code
     * @param cpu host CPU
     */
    record FailedEntry(long hardwareReason, int cpu) implements VcpuExit {}

    /**
     * An exception that KVM hands over whole.
     *
     * @param vector exception vector
     * @param errorCode its error code
     */
    record GuestException(int vector, int errorCode) implements VcpuExit {}

    /**
     * A debug event that the VMM asked for.
     *
     * @param vector 1 (#DB) or 3 (#BP)
     * @param gva linear address of the instruction
     * @param dr6 what happened, as DR6 says it
     */
    record Debug(int vector, long gva, long dr6) implements VcpuExit {}

    /**
     * A hypercall that KVM leaves to the VMM.
     *
     * @param number {@code KVM_HC_*}
     */
    record Hypercall(long number) implements VcpuExit {}

    /**
     * RDMSR of a register that KVM leaves to the VMM.
     *
     * @param index MSR number, unsigned 32 bit
     */
    record MsrRead(int index) implements VcpuExit {}

    /**
     * WRMSR to a register that KVM leaves to the VMM.
     *
     * @param index MSR number, unsigned 32 bit
     * @param value what the guest wrote
     */
    record MsrWrite(int index, long value) implements VcpuExit {}

    /**
     * A shutdown, reset or crash that a paravirtual interface of KVM reports.
     *
     * @param type {@code KVM_SYSTEM_EVENT_*}: 1 shutdown, 2 reset, 3 crash
     */
    record SystemEvent(int type) implements VcpuExit {}

    /**
     * KVM could not reach guest memory.
     *
     * @param gpa first byte
     * @param lengthBytes how many
     * @param flags {@code KVM_MEMORY_EXIT_FLAG_*}
     */
    record MemoryFault(long gpa, long lengthBytes, long flags) implements VcpuExit {}

    /** The vCPU's dirty ring is full and wants to be harvested. */
    record DirtyRingFull() implements VcpuExit {}

    /**
     * The guest ended an interrupt of the IOAPIC; only with a split interrupt controller.
     *
     * @param vector interrupt vector
     */
    record IoapicEoi(int vector) implements VcpuExit {}

    /** Somebody asked the vCPU to leave guest mode; it may be entered again as it is. */
    record Interrupted() implements VcpuExit {}

    /**
     * Wakes the VMM without asking anything of it: an interrupt window opened, TPR went below its
     * threshold, a bus lock or an NMI window was seen.
     *
     * @param reason {@code KVM_EXIT_*}
     */
    record Notice(int reason) implements VcpuExit {}

    /**
     * An exit reason that x86 does not have or that this build does not know.
     *
     * @param reason {@code KVM_EXIT_*}
     * @param hardwareReason what KVM says of it
     */
    record Unknown(int reason, long hardwareReason) implements VcpuExit {}
}
