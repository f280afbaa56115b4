package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.XcrLayout;
import dev.hosta.kvm.abi.XcrsLayout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@code struct kvm_xcrs} to and from records. Threading: any thread. */
final class XcrTable {
    private XcrTable() {}

    static List<KvmXcr> read(MemorySegment s) {
        int count = s.get(ValueLayout.JAVA_INT, XcrsLayout.NR_XCRS);
        List<KvmXcr> xcrs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = XcrsLayout.XCRS + (long) i * XcrLayout.SIZE;
            int index = s.get(ValueLayout.JAVA_INT, at + XcrLayout.XCR);
            xcrs.add(new KvmXcr(index, s.get(ValueLayout.JAVA_LONG, at + XcrLayout.VALUE)));
        }
        return List.copyOf(xcrs);
    }

    static MemorySegment write(Arena arena, List<KvmXcr> xcrs) {
        if (xcrs.size() > KvmFlag.MAX_XCRS) {
            throw new IllegalArgumentException("Too many registers: " + xcrs.size());
        }
        MemorySegment s = arena.allocate(XcrsLayout.SIZE, 8);
        s.set(ValueLayout.JAVA_INT, XcrsLayout.NR_XCRS, xcrs.size());
        long at = XcrsLayout.XCRS;
        for (KvmXcr xcr : xcrs) {
            s.set(ValueLayout.JAVA_INT, at + XcrLayout.XCR, xcr.index());
            s.set(ValueLayout.JAVA_LONG, at + XcrLayout.VALUE, xcr.value());
            at += XcrLayout.SIZE;
        }
        return s;
    }
}
