package dev.hosta.kvm;

import java.util.List;

/**
 * Segment, table and control registers, {@code struct kvm_sregs}.
 *
 * @param cs code segment
 * @param ds data segment
 * @param es extra segment
 * @param fs FS
 * @param gs GS
 * @param ss stack segment
 * @param tr task register
 * @param ldt local descriptor table
 * @param gdt global descriptor table
 * @param idt interrupt descriptor table
 * @param cr0 protection, paging
 * @param cr2 address of the last page fault
 * @param cr3 page table root
 * @param cr4 extensions
 * @param cr8 task priority, 0..15
 * @param efer long mode, NX, SYSCALL
 * @param apicBase {@code IA32_APIC_BASE}
 * @param interruptBitmap 256 bits in four words: at most one, the vector in injection
 */
public record KvmSregs(
        KvmSegment cs,
        KvmSegment ds,
        KvmSegment es,
        KvmSegment fs,
        KvmSegment gs,
        KvmSegment ss,
        KvmSegment tr,
        KvmSegment ldt,
        KvmDescriptorTable gdt,
        KvmDescriptorTable idt,
        long cr0,
        long cr2,
        long cr3,
        long cr4,
        long cr8,
        long efer,
        long apicBase,
        List<Long> interruptBitmap) {
    /** Checks the number of words. */
    public KvmSregs {
        interruptBitmap = List.copyOf(interruptBitmap);
        if (interruptBitmap.size() != 4) {
            throw new IllegalArgumentException(
                    "The interrupt bitmap has four words: size=" + interruptBitmap.size());
        }
    }

    /** The same with another code segment. */
    public KvmSregs withCs(KvmSegment code) {
        return new KvmSregs(
                code,
                ds,
                es,
                fs,
                gs,
                ss,
                tr,
                ldt,
                gdt,
                idt,
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                efer,
                apicBase,
                interruptBitmap);
    }

    /** The same with one segment for DS, ES, FS, GS and SS. */
    public KvmSregs withData(KvmSegment data) {
        return new KvmSregs(
                cs,
                data,
                data,
                data,
                data,
                data,
                tr,
                ldt,
                gdt,
                idt,
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                efer,
                apicBase,
                interruptBitmap);
    }

    /** The same with another task register. */
    public KvmSregs withTr(KvmSegment task) {
        return new KvmSregs(
                cs,
                ds,
                es,
                fs,
                gs,
                ss,
                task,
                ldt,
                gdt,
                idt,
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                efer,
                apicBase,
                interruptBitmap);
    }

    /** The same with other descriptor tables. */
    public KvmSregs withTables(KvmDescriptorTable globals, KvmDescriptorTable interrupts) {
        return new KvmSregs(
                cs,
                ds,
                es,
                fs,
                gs,
                ss,
                tr,
                ldt,
                globals,
                interrupts,
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                efer,
                apicBase,
                interruptBitmap);
    }

    /** The same with other mode bits and page table root. */
    public KvmSregs withControl(long newCr0, long newCr3, long newCr4, long newEfer) {
        return new KvmSregs(
                cs,
                ds,
                es,
                fs,
                gs,
                ss,
                tr,
                ldt,
                gdt,
                idt,
                newCr0,
                cr2,
                newCr3,
                newCr4,
                cr8,
                newEfer,
                apicBase,
                interruptBitmap);
    }
}
