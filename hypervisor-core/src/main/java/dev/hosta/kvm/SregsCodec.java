package dev.hosta.kvm;

import dev.hosta.kvm.abi.DtableLayout;
import dev.hosta.kvm.abi.SegmentLayout;
import dev.hosta.kvm.abi.SregsLayout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** {@code struct kvm_sregs} to and from {@link KvmSregs}. Threading: any thread. */
final class SregsCodec {
    private SregsCodec() {}

    static KvmSregs read(MemorySegment s) {
        return new KvmSregs(
                segment(s, SregsLayout.CS),
                segment(s, SregsLayout.DS),
                segment(s, SregsLayout.ES),
                segment(s, SregsLayout.FS),
                segment(s, SregsLayout.GS),
                segment(s, SregsLayout.SS),
                segment(s, SregsLayout.TR),
                segment(s, SregsLayout.LDT),
                table(s, SregsLayout.GDT),
                table(s, SregsLayout.IDT),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.CR0),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.CR2),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.CR3),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.CR4),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.CR8),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.EFER),
                s.get(ValueLayout.JAVA_LONG, SregsLayout.APIC_BASE),
                List.of(
                        s.get(ValueLayout.JAVA_LONG, SregsLayout.INTERRUPT_BITMAP),
                        s.get(ValueLayout.JAVA_LONG, SregsLayout.INTERRUPT_BITMAP + 8),
                        s.get(ValueLayout.JAVA_LONG, SregsLayout.INTERRUPT_BITMAP + 16),
                        s.get(ValueLayout.JAVA_LONG, SregsLayout.INTERRUPT_BITMAP + 24)));
    }

    static MemorySegment write(Arena arena, KvmSregs v) {
        MemorySegment s = arena.allocate(SregsLayout.SIZE, 8);
        write(s, SregsLayout.CS, v.cs());
        write(s, SregsLayout.DS, v.ds());
        write(s, SregsLayout.ES, v.es());
        write(s, SregsLayout.FS, v.fs());
        write(s, SregsLayout.GS, v.gs());
        write(s, SregsLayout.SS, v.ss());
        write(s, SregsLayout.TR, v.tr());
        write(s, SregsLayout.LDT, v.ldt());
        write(s, SregsLayout.GDT, v.gdt());
        write(s, SregsLayout.IDT, v.idt());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.CR0, v.cr0());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.CR2, v.cr2());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.CR3, v.cr3());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.CR4, v.cr4());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.CR8, v.cr8());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.EFER, v.efer());
        s.set(ValueLayout.JAVA_LONG, SregsLayout.APIC_BASE, v.apicBase());
        for (int i = 0; i < 4; i++) {
            s.set(
                    ValueLayout.JAVA_LONG,
                    SregsLayout.INTERRUPT_BITMAP + 8L * i,
                    v.interruptBitmap().get(i));
        }
        return s;
    }

    private static KvmSegment segment(MemorySegment s, long at) {
        return new KvmSegment(
                s.get(ValueLayout.JAVA_LONG, at + SegmentLayout.BASE),
                s.get(ValueLayout.JAVA_INT, at + SegmentLayout.LIMIT),
                s.get(ValueLayout.JAVA_SHORT, at + SegmentLayout.SELECTOR) & 0xffff,
                s.get(ValueLayout.JAVA_BYTE, at + SegmentLayout.TYPE) & 0xff,
                flag(s, at + SegmentLayout.PRESENT),
                s.get(ValueLayout.JAVA_BYTE, at + SegmentLayout.DPL) & 0xff,
                flag(s, at + SegmentLayout.DB),
                flag(s, at + SegmentLayout.S),
                flag(s, at + SegmentLayout.L),
                flag(s, at + SegmentLayout.G),
                flag(s, at + SegmentLayout.AVL),
                flag(s, at + SegmentLayout.UNUSABLE));
    }

    private static void write(MemorySegment s, long at, KvmSegment v) {
        s.set(ValueLayout.JAVA_LONG, at + SegmentLayout.BASE, v.base());
        s.set(ValueLayout.JAVA_INT, at + SegmentLayout.LIMIT, v.limit());
        s.set(ValueLayout.JAVA_SHORT, at + SegmentLayout.SELECTOR, (short) v.selector());
        s.set(ValueLayout.JAVA_BYTE, at + SegmentLayout.TYPE, (byte) v.type());
        flag(s, at + SegmentLayout.PRESENT, v.present());
        s.set(ValueLayout.JAVA_BYTE, at + SegmentLayout.DPL, (byte) v.dpl());
        flag(s, at + SegmentLayout.DB, v.db());
        flag(s, at + SegmentLayout.S, v.codeOrData());
        flag(s, at + SegmentLayout.L, v.longMode());
        flag(s, at + SegmentLayout.G, v.granular());
        flag(s, at + SegmentLayout.AVL, v.available());
        flag(s, at + SegmentLayout.UNUSABLE, v.unusable());
    }

    private static KvmDescriptorTable table(MemorySegment s, long at) {
        return new KvmDescriptorTable(
                s.get(ValueLayout.JAVA_LONG, at + DtableLayout.BASE),
                s.get(ValueLayout.JAVA_SHORT, at + DtableLayout.LIMIT) & 0xffff);
    }

    private static void write(MemorySegment s, long at, KvmDescriptorTable v) {
        s.set(ValueLayout.JAVA_LONG, at + DtableLayout.BASE, v.base());
        s.set(ValueLayout.JAVA_SHORT, at + DtableLayout.LIMIT, (short) v.limit());
    }

    private static boolean flag(MemorySegment s, long at) {
        return s.get(ValueLayout.JAVA_BYTE, at) != 0;
    }

    private static void flag(MemorySegment s, long at, boolean value) {
        s.set(ValueLayout.JAVA_BYTE, at, (byte) (value ? 1 : 0));
    }
}
