package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.kvm.abi.MsrEntryLayout;
import dev.hosta.kvm.abi.MsrsLayout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code struct kvm_msrs}: KVM works through the array and says how far it came, which tells the
 * MSR that it refused.
 *
 * <p>Threading: the vCPU's thread.
 */
final class MsrTable {
    private MsrTable() {}

    static List<KvmMsr> read(KvmFd vcpu, int... indices) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = allocate(arena, indices.length);
            for (int i = 0; i < indices.length; i++) {
                s.set(ValueLayout.JAVA_INT, entry(i) + MsrEntryLayout.INDEX, indices[i]);
            }
            int count = vcpu.call("read " + indices.length + " MSRs", KvmRequest.GET_MSRS, s);
            if (count < indices.length) {
                String name = "0x" + Integer.toHexString(indices[count]);
                throw new KvmException("read MSR " + name, KvmRequest.GET_MSRS, 0, done(count));
            }
            List<KvmMsr> msrs = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                long value = s.get(ValueLayout.JAVA_LONG, entry(i) + MsrEntryLayout.DATA);
                msrs.add(new KvmMsr(indices[i], value));
            }
            return List.copyOf(msrs);
        }
    }

    static void write(KvmFd vcpu, List<KvmMsr> msrs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = allocate(arena, msrs.size());
            for (int i = 0; i < msrs.size(); i++) {
                s.set(ValueLayout.JAVA_INT, entry(i) + MsrEntryLayout.INDEX, msrs.get(i).index());
                s.set(ValueLayout.JAVA_LONG, entry(i) + MsrEntryLayout.DATA, msrs.get(i).value());
            }
            int count = vcpu.call("write " + msrs.size() + " MSRs", KvmRequest.SET_MSRS, s);
            if (count < msrs.size()) {
                KvmMsr refused = msrs.get(count);
                String name = "0x" + Integer.toHexString(refused.index());
                String value = "0x" + Long.toHexString(refused.value());
                String action = "write MSR " + name + " with value " + value;
                throw new KvmException(action, KvmRequest.SET_MSRS, 0, done(count));
            }
        }
    }

    private static MemorySegment allocate(Arena arena, int count) {
        MemorySegment s = arena.allocate(MsrsLayout.SIZE + (long) count * MsrEntryLayout.SIZE, 8);
        s.set(ValueLayout.JAVA_INT, MsrsLayout.NMSRS, count);
        return s;
    }

    private static long entry(int i) {
        return MsrsLayout.ENTRIES + (long) i * MsrEntryLayout.SIZE;
    }

    private static String done(int count) {
        return "This KVM refuses it; the " + count + " MSRs before it in the list were taken.";
    }
}
