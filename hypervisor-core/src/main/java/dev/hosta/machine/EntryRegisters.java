package dev.hosta.machine;

import dev.hosta.boot.EntryState;
import dev.hosta.boot.SegmentState;
import dev.hosta.kvm.KvmDescriptorTable;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSegment;
import dev.hosta.kvm.KvmSregs;

/** Turns what the boot protocol asks of the first vCPU into registers in KVM's terms. */
final class EntryRegisters {
    private EntryRegisters() {}

    static KvmRegs regs(EntryState entry) {
        return KvmRegs.RESET
                .withRip(entry.rip())
                .withRsp(entry.rsp())
                .withRbx(entry.rbx())
                .withRsi(entry.rsi())
                .withRflags(entry.rflags());
    }

    /** What the entry names, over what the reset left. */
    static KvmSregs sregs(EntryState entry, KvmSregs reset) {
        return reset.withCs(segment(entry.cs()))
                .withData(segment(entry.data()))
                .withTr(segment(entry.tr()))
                .withTables(
                        new KvmDescriptorTable(entry.gdtBaseGpa(), entry.gdtLimit()),
                        new KvmDescriptorTable(0, entry.idtLimit()))
                .withControl(entry.cr0(), entry.cr3(), entry.cr4(), entry.efer());
    }

    private static KvmSegment segment(SegmentState s) {
        return new KvmSegment(
                s.base(),
                (int) s.limit(),
                s.selector(),
                s.type(),
                s.present(),
                s.dpl(),
                s.db(),
                s.s(),
                s.l(),
                s.g(),
                false,
                false);
    }
}
