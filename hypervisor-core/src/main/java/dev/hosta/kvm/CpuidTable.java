package dev.hosta.kvm;

import dev.hosta.kvm.abi.Cpuid2Layout;
import dev.hosta.kvm.abi.CpuidEntry2Layout;
import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.linux.Errno;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@code struct kvm_cpuid2} to and from records. Threading: any thread. */
final class CpuidTable {
    private static final int FIRST_ROOM = 128;
    private static final int MOST_ROOM = 4096;

    /** A leaf that no CPU has: marks room that KVM did not fill. */
    private static final int UNFILLED = -1;

    private CpuidTable() {}

    /** Reads a table of whatever length: KVM answers E2BIG until the room is enough. */
    static List<CpuidEntry> read(KvmFd fd, String action, KvmRequest request) {
        for (int room = FIRST_ROOM; ; room *= 2) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment table = arena.allocate(sizeBytes(room), 8);
                table.set(ValueLayout.JAVA_INT, Cpuid2Layout.NENT, room);
                for (int i = 0; i < room; i++) {
                    table.set(ValueLayout.JAVA_INT, function(i), UNFILLED);
                }
                int result = fd.attempt(request, table.address());
                if (result >= 0) {
                    return entries(table);
                }
                if (result != -Errno.E2BIG || room >= MOST_ROOM) {
                    throw new KvmException(action, request, -result, "");
                }
            }
        }
    }

    static MemorySegment write(Arena arena, List<CpuidEntry> entries) {
        MemorySegment table = arena.allocate(sizeBytes(entries.size()), 8);
        table.set(ValueLayout.JAVA_INT, Cpuid2Layout.NENT, entries.size());
        long at = Cpuid2Layout.ENTRIES;
        for (CpuidEntry e : entries) {
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.FUNCTION, e.function());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.INDEX, e.index());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.FLAGS, e.flags());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EAX, e.eax());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EBX, e.ebx());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.ECX, e.ecx());
            table.set(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EDX, e.edx());
            at += CpuidEntry2Layout.SIZE;
        }
        return table;
    }

    private static List<CpuidEntry> entries(MemorySegment table) {
        // KVM_GET_CPUID2 of Linux 6.1 leaves nent at the room given, so the mark counts as well.
        int count = table.get(ValueLayout.JAVA_INT, Cpuid2Layout.NENT);
        List<CpuidEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            if (table.get(ValueLayout.JAVA_INT, function(i)) == UNFILLED) {
                break;
            }
            long at = Cpuid2Layout.ENTRIES + (long) i * CpuidEntry2Layout.SIZE;
            entries.add(
                    new CpuidEntry(
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.FUNCTION),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.INDEX),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.FLAGS),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EAX),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EBX),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.ECX),
                            table.get(ValueLayout.JAVA_INT, at + CpuidEntry2Layout.EDX)));
        }
        return List.copyOf(entries);
    }

    private static long function(int i) {
        return Cpuid2Layout.ENTRIES
                + (long) i * CpuidEntry2Layout.SIZE
                + CpuidEntry2Layout.FUNCTION;
    }

    private static long sizeBytes(int count) {
        return Cpuid2Layout.SIZE + (long) count * CpuidEntry2Layout.SIZE;
    }
}
