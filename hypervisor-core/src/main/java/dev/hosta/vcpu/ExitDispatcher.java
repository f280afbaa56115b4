package dev.hosta.vcpu;

import dev.hosta.device.bus.AddressSpace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/**
 * Answers a vCPU's exits: a function of the exit and the two address spaces.
 *
 * <p>The guest chooses what arrives here; nothing it does raises a host exception. Threading:
 * called by every vCPU's thread at once; it has no state of its own.
 */
public final class ExitDispatcher {
    /** {@code KVM_SYSTEM_EVENT_SHUTDOWN}. */
    private static final int SYSTEM_EVENT_SHUTDOWN = 1;

    /** {@code KVM_SYSTEM_EVENT_RESET}. */
    private static final int SYSTEM_EVENT_RESET = 2;

    /** {@code -KVM_ENOSYS} of linux/kvm_para.h: the hypercall is not offered. */
    private static final long HYPERCALL_ENOSYS = -1000;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

    private final AddressSpace ports;
    private final AddressSpace mmio;

    /** Answers from these two spaces; both may still be claimed into. */
    public ExitDispatcher(AddressSpace ports, AddressSpace mmio) {
        this.ports = ports;
        this.mmio = mmio;
    }

    /** Serves the exit, filling its {@code data} where the guest waits for some. */
    public ExitAnswer dispatch(VcpuExit exit) {
        return switch (exit) {
            case VcpuExit.PortOut out -> portOut(out);
            case VcpuExit.PortIn in -> portIn(in);
            case VcpuExit.MmioWrite write -> mmioWrite(write);
            case VcpuExit.MmioRead read -> mmioRead(read);
            case VcpuExit.Interrupted i -> ExitAnswer.RESUME;
            case VcpuExit.Notice n -> ExitAnswer.RESUME;
            case VcpuExit.DirtyRingFull d -> ExitAnswer.RESUME;
            case VcpuExit.IoapicEoi e -> ExitAnswer.RESUME;
            case VcpuExit.Debug d -> ExitAnswer.RESUME;
            case VcpuExit.MsrRead m -> new ExitAnswer.RefuseMsr();
            case VcpuExit.MsrWrite m -> new ExitAnswer.RefuseMsr();
            case VcpuExit.Hypercall h -> new ExitAnswer.HypercallResult(HYPERCALL_ENOSYS);
            case VcpuExit.SystemEvent e ->
                    switch (e.type()) {
                        case SYSTEM_EVENT_SHUTDOWN -> new ExitAnswer.GuestShutdown(false);
                        case SYSTEM_EVENT_RESET -> new ExitAnswer.GuestShutdown(true);
                        default -> crash("system event " + e.type() + " (3 is a crash)");
                    };
            case VcpuExit.Halted h -> crash("HLT left to a VMM that has no interrupts to wait for");
            case VcpuExit.Shutdown s -> crash("triple fault");
            case VcpuExit.InternalError e -> crash(internalError(e));
            case VcpuExit.FailedEntry f ->
                    crash(
                            "the CPU refused the guest's state, hardware reason 0x"
                                    + Long.toHexString(f.hardwareReason())
                                    + " on host cpu "
                                    + f.cpu());
            case VcpuExit.GuestException g ->
                    crash("exception " + g.vector() + ", error code 0x" + hex(g.errorCode()));
            case VcpuExit.MemoryFault f ->
                    crash(
                            "KVM cannot reach guest memory at gpa 0x"
                                    + Long.toHexString(f.gpa())
                                    + ", "
                                    + f.lengthBytes()
                                    + " bytes");
            case VcpuExit.Unknown u ->
                    crash(
                            "unknown exit "
                                    + u.reason()
                                    + ", hardware reason 0x"
                                    + Long.toHexString(u.hardwareReason()));
        };
    }

    private ExitAnswer portOut(VcpuExit.PortOut out) {
        int width = out.widthBytes();
        MemorySegment data = out.data();
        for (int i = 0; i < out.count(); i++) {
            ports.write(out.port(), width, load(data, (long) i * width, width));
        }
        return ExitAnswer.RESUME;
    }

    private ExitAnswer portIn(VcpuExit.PortIn in) {
        int width = in.widthBytes();
        MemorySegment data = in.data();
        for (int i = 0; i < in.count(); i++) {
            store(data, (long) i * width, width, ports.read(in.port(), width));
        }
        return ExitAnswer.RESUME;
    }

    private ExitAnswer mmioWrite(VcpuExit.MmioWrite write) {
        int width = write.widthBytes();
        int step = step(width);
        for (int at = 0; at < width; at += step) {
            mmio.write(write.gpa() + at, step, load(write.data(), at, step));
        }
        return ExitAnswer.RESUME;
    }

    private ExitAnswer mmioRead(VcpuExit.MmioRead read) {
        int width = read.widthBytes();
        int step = step(width);
        for (int at = 0; at < width; at += step) {
            store(read.data(), at, step, mmio.read(read.gpa() + at, step));
        }
        return ExitAnswer.RESUME;
    }

    /** Fragments of a page-crossing access have any width up to 8; devices know powers of two. */
    private static int step(int widthBytes) {
        return Integer.bitCount(widthBytes) == 1 ? widthBytes : 1;
    }

    private static long load(MemorySegment data, long at, int widthBytes) {
        return switch (widthBytes) {
            case 1 -> data.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
            case 2 -> data.get(U16, at) & 0xffffL;
            case 4 -> data.get(U32, at) & 0xffff_ffffL;
            case 8 -> data.get(U64, at);
            default -> throw new IllegalStateException("Width of an exit: " + widthBytes);
        };
    }

    private static void store(MemorySegment data, long at, int widthBytes, long value) {
        switch (widthBytes) {
            case 1 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case 2 -> data.set(U16, at, (short) value);
            case 4 -> data.set(U32, at, (int) value);
            case 8 -> data.set(U64, at, value);
            default -> throw new IllegalStateException("Width of an exit: " + widthBytes);
        }
    }

    /** Names of {@code KVM_INTERNAL_ERROR_*} in linux/kvm.h. */
    private static String internalError(VcpuExit.InternalError e) {
        String what =
                switch (e.suberror()) {
                    case 1 -> "an instruction that KVM cannot emulate";
                    case 2 -> "an exception or interrupt while another was delivered";
                    case 3 -> "an event that could not be delivered";
                    case 4 -> "an exit that KVM did not expect";
                    default -> "suberror " + e.suberror();
                };
        StringBuilder text = new StringBuilder("KVM internal error: ").append(what);
        for (long datum : e.data()) {
            text.append(" 0x").append(Long.toHexString(datum));
        }
        return text.toString();
    }

    private static ExitAnswer crash(String reason) {
        return new ExitAnswer.Crash(reason);
    }

    private static String hex(int value) {
        return HexFormat.of().toHexDigits(value);
    }
}
