package dev.hosta.snapshot;

import dev.hosta.kvm.KvmDescriptorTable;
import dev.hosta.kvm.KvmMsr;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSegment;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.vcpu.VcpuState;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The notes of a core file: two for each vCPU. Debuggers know the first; crash takes control
 * registers and descriptor tables from the second.
 *
 * <pre>
 *  name   type             desc
 *  CORE   1, NT_PRSTATUS   336 bytes, struct elf_prstatus: registers from 112 on
 *  QEMU   0                440 bytes, QEMUCPUState version 1
 * </pre>
 *
 * <p>Source: linux/elfcore.h, asm/user_64.h (user_regs_struct); QEMU's target/i386/arch_dump.c for
 * the second note's layout.
 */
final class CoreNotes {
    private static final int NAME_BYTES = 8; // "CORE", "QEMU", a NUL, padding to 4
    private static final int NOTE_HEADER_BYTES = 12;
    private static final int PRSTATUS_BYTES = 336;
    private static final int CPU_STATE_BYTES = 440;

    /** Bytes of one vCPU's notes. */
    static final int BYTES_PER_VCPU =
            2 * (NOTE_HEADER_BYTES + NAME_BYTES) + PRSTATUS_BYTES + CPU_STATE_BYTES;

    private static final int NT_PRSTATUS = 1;
    private static final int PR_PID = 32;
    private static final int PR_REG = 112;
    private static final int CPU_STATE_VERSION = 1;
    private static final int MSR_KERNEL_GS_BASE = 0xc000_0102;

    private CoreNotes() {}

    /** The notes of all vCPUs, in their order. */
    static ByteBuffer of(List<VcpuState.V1> vcpus) {
        ByteBuffer notes = ByteBuffer.allocate(vcpus.size() * BYTES_PER_VCPU);
        notes.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < vcpus.size(); i++) {
            VcpuState.V1 vcpu = vcpus.get(i);
            header(notes, "CORE", NT_PRSTATUS, PRSTATUS_BYTES);
            int start = notes.position();
            notes.putInt(start + PR_PID, i + 1); // a thread, to a debugger; 0 would be none
            notes.position(start + PR_REG);
            putUserRegs(notes, vcpu.regs(), vcpu.sregs());
            notes.position(start + PRSTATUS_BYTES);
            header(notes, "QEMU", 0, CPU_STATE_BYTES);
            putCpuState(notes, vcpu);
        }
        return notes.flip();
    }

    private static void header(ByteBuffer to, String name, int type, int descBytes) {
        to.putInt(name.length() + 1).putInt(descBytes).putInt(type);
        to.put(name.getBytes(StandardCharsets.US_ASCII)).putInt(0);
    }

    /** {@code struct user_regs_struct}, 27 words. */
    private static void putUserRegs(ByteBuffer to, KvmRegs r, KvmSregs s) {
        to.putLong(r.r15()).putLong(r.r14()).putLong(r.r13()).putLong(r.r12());
        to.putLong(r.rbp()).putLong(r.rbx()).putLong(r.r11()).putLong(r.r10());
        to.putLong(r.r9()).putLong(r.r8()).putLong(r.rax()).putLong(r.rcx());
        to.putLong(r.rdx()).putLong(r.rsi()).putLong(r.rdi());
        to.putLong(-1); // orig_rax: not in a system call
        to.putLong(r.rip()).putLong(s.cs().selector()).putLong(r.rflags());
        to.putLong(r.rsp()).putLong(s.ss().selector());
        to.putLong(s.fs().base()).putLong(s.gs().base());
        to.putLong(s.ds().selector()).putLong(s.es().selector());
        to.putLong(s.fs().selector()).putLong(s.gs().selector());
    }

    private static void putCpuState(ByteBuffer to, VcpuState.V1 vcpu) {
        KvmRegs r = vcpu.regs();
        KvmSregs s = vcpu.sregs();
        to.putInt(CPU_STATE_VERSION).putInt(CPU_STATE_BYTES);
        to.putLong(r.rax()).putLong(r.rbx()).putLong(r.rcx()).putLong(r.rdx());
        to.putLong(r.rsi()).putLong(r.rdi()).putLong(r.rsp()).putLong(r.rbp());
        to.putLong(r.r8()).putLong(r.r9()).putLong(r.r10()).putLong(r.r11());
        to.putLong(r.r12()).putLong(r.r13()).putLong(r.r14()).putLong(r.r15());
        to.putLong(r.rip()).putLong(r.rflags());
        for (KvmSegment segment :
                List.of(s.cs(), s.ds(), s.es(), s.fs(), s.gs(), s.ss(), s.ldt(), s.tr())) {
            putSegment(to, segment);
        }
        putTable(to, s.gdt());
        putTable(to, s.idt());
        to.putLong(s.cr0()).putLong(0).putLong(s.cr2()).putLong(s.cr3()).putLong(s.cr4());
        to.putLong(
                vcpu.msrs().stream()
                        .filter(msr -> msr.index() == MSR_KERNEL_GS_BASE)
                        .mapToLong(KvmMsr::value)
                        .findFirst()
                        .orElse(0));
    }

    /** Selector, limit, the descriptor's second word without its addresses, base. */
    private static void putSegment(ByteBuffer to, KvmSegment s) {
        int flags =
                s.type() << 8
                        | bit(s.codeOrData(), 12)
                        | s.dpl() << 13
                        | bit(s.present(), 15)
                        | bit(s.available(), 20)
                        | bit(s.longMode(), 21)
                        | bit(s.db(), 22)
                        | bit(s.granular(), 23);
        to.putInt(s.selector()).putInt(s.limit()).putInt(flags).putInt(0).putLong(s.base());
    }

    private static int bit(boolean set, int number) {
        return set ? 1 << number : 0;
    }

    private static void putTable(ByteBuffer to, KvmDescriptorTable table) {
        to.putInt(0).putInt(table.limit()).putInt(0).putInt(0).putLong(table.base());
    }
}
