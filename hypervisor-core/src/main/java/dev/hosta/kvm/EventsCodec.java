package dev.hosta.kvm;

import dev.hosta.kvm.abi.VcpuEventsLayout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code struct kvm_vcpu_events} to and from {@link KvmVcpuEvents}. Threading: any thread. */
final class EventsCodec {
    private EventsCodec() {}

    static KvmVcpuEvents read(MemorySegment s) {
        return new KvmVcpuEvents(
                new KvmVcpuEvents.PendingException(
                        flag(s, VcpuEventsLayout.EXCEPTION_INJECTED),
                        u8(s, VcpuEventsLayout.EXCEPTION_NR),
                        flag(s, VcpuEventsLayout.EXCEPTION_HAS_ERROR_CODE),
                        flag(s, VcpuEventsLayout.EXCEPTION_PENDING),
                        s.get(ValueLayout.JAVA_INT, VcpuEventsLayout.EXCEPTION_ERROR_CODE),
                        flag(s, VcpuEventsLayout.EXCEPTION_HAS_PAYLOAD),
                        s.get(ValueLayout.JAVA_LONG, VcpuEventsLayout.EXCEPTION_PAYLOAD)),
                new KvmVcpuEvents.PendingInterrupt(
                        flag(s, VcpuEventsLayout.INTERRUPT_INJECTED),
                        u8(s, VcpuEventsLayout.INTERRUPT_NR),
                        flag(s, VcpuEventsLayout.INTERRUPT_SOFT),
                        u8(s, VcpuEventsLayout.INTERRUPT_SHADOW)),
                new KvmVcpuEvents.Nmi(
                        flag(s, VcpuEventsLayout.NMI_INJECTED),
                        u8(s, VcpuEventsLayout.NMI_PENDING),
                        flag(s, VcpuEventsLayout.NMI_MASKED)),
                s.get(ValueLayout.JAVA_INT, VcpuEventsLayout.SIPI_VECTOR),
                s.get(ValueLayout.JAVA_INT, VcpuEventsLayout.FLAGS),
                new KvmVcpuEvents.Smi(
                        flag(s, VcpuEventsLayout.SMI_SMM),
                        flag(s, VcpuEventsLayout.SMI_PENDING),
                        flag(s, VcpuEventsLayout.SMI_SMM_INSIDE_NMI),
                        flag(s, VcpuEventsLayout.SMI_LATCHED_INIT)),
                flag(s, VcpuEventsLayout.TRIPLE_FAULT_PENDING));
    }

    static MemorySegment write(Arena arena, KvmVcpuEvents v) {
        MemorySegment s = arena.allocate(VcpuEventsLayout.SIZE, 8);
        KvmVcpuEvents.PendingException exception = v.exception();
        flag(s, VcpuEventsLayout.EXCEPTION_INJECTED, exception.injected());
        u8(s, VcpuEventsLayout.EXCEPTION_NR, exception.vector());
        flag(s, VcpuEventsLayout.EXCEPTION_HAS_ERROR_CODE, exception.hasErrorCode());
        flag(s, VcpuEventsLayout.EXCEPTION_PENDING, exception.pending());
        s.set(ValueLayout.JAVA_INT, VcpuEventsLayout.EXCEPTION_ERROR_CODE, exception.errorCode());
        flag(s, VcpuEventsLayout.EXCEPTION_HAS_PAYLOAD, exception.hasPayload());
        s.set(ValueLayout.JAVA_LONG, VcpuEventsLayout.EXCEPTION_PAYLOAD, exception.payload());
        KvmVcpuEvents.PendingInterrupt interrupt = v.interrupt();
        flag(s, VcpuEventsLayout.INTERRUPT_INJECTED, interrupt.injected());
        u8(s, VcpuEventsLayout.INTERRUPT_NR, interrupt.vector());
        flag(s, VcpuEventsLayout.INTERRUPT_SOFT, interrupt.soft());
        u8(s, VcpuEventsLayout.INTERRUPT_SHADOW, interrupt.shadow());
        flag(s, VcpuEventsLayout.NMI_INJECTED, v.nmi().injected());
        u8(s, VcpuEventsLayout.NMI_PENDING, v.nmi().pending());
        flag(s, VcpuEventsLayout.NMI_MASKED, v.nmi().masked());
        s.set(ValueLayout.JAVA_INT, VcpuEventsLayout.SIPI_VECTOR, v.sipiVector());
        s.set(ValueLayout.JAVA_INT, VcpuEventsLayout.FLAGS, v.flags());
        flag(s, VcpuEventsLayout.SMI_SMM, v.smi().inSmm());
        flag(s, VcpuEventsLayout.SMI_PENDING, v.smi().pending());
        flag(s, VcpuEventsLayout.SMI_SMM_INSIDE_NMI, v.smi().insideNmi());
        flag(s, VcpuEventsLayout.SMI_LATCHED_INIT, v.smi().latchedInit());
        flag(s, VcpuEventsLayout.TRIPLE_FAULT_PENDING, v.tripleFaultPending());
        return s;
    }

    private static boolean flag(MemorySegment s, long at) {
        return s.get(ValueLayout.JAVA_BYTE, at) != 0;
    }

    private static void flag(MemorySegment s, long at, boolean value) {
        s.set(ValueLayout.JAVA_BYTE, at, (byte) (value ? 1 : 0));
    }

    private static int u8(MemorySegment s, long at) {
        return s.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static void u8(MemorySegment s, long at, int value) {
        s.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }
}
