package dev.hosta.vcpu;

import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.kvm.KvmRegs;
import dev.hosta.kvm.KvmSegment;
import dev.hosta.kvm.KvmSregs;
import dev.hosta.memory.Access;
import dev.hosta.memory.AddressTranslation;
import dev.hosta.memory.AddressTranslator;
import dev.hosta.memory.PagingState;
import dev.hosta.memory.Privilege;

import java.util.HexFormat;

/**
 * What a crashed vCPU looked like: registers, the code bytes at rip, and the way from rip through
 * both stages of the memory map.
 *
 * <p>Threading: no state; call it while the vCPU stands still.
 */
public final class CrashReport {
    private static final int CODE_BYTES = 32;

    /** Code before rip, so that the instruction which led here shows. */
    private static final int CODE_BYTES_BEFORE = 8;

    private static final HexFormat HEX = HexFormat.of();

    private CrashReport() {}

    /**
     * Writes the report, several lines without a newline at the end.
     *
     * @param index the vCPU
     * @param memory guest memory, for the code bytes
     * @param translator both stages of the map
     * @param paging the vCPU's paging, by the same registers
     */
    public static String of(
            int index,
            KvmRegs regs,
            KvmSregs sregs,
            GuestMemory memory,
            AddressTranslator translator,
            PagingState paging) {
        StringBuilder text = new StringBuilder(1024);
        text.append("vCPU ").append(index).append(", ").append(mode(sregs)).append('\n');
        generalRegisters(text, regs);
        segments(text, sregs);
        controlRegisters(text, sregs);
        long linear = linearRip(regs, sregs);
        code(text, linear, paging, privilege(sregs), memory, translator);
        text.append("walk of rip, gva ").append(hex(linear)).append(":\n");
        text.append(
                translator
                        .translate(paging, linear, Access.EXECUTE, privilege(sregs))
                        .toText()
                        .indent(2)
                        .stripTrailing());
        return text.toString();
    }

    private static String mode(KvmSregs sregs) {
        boolean protectedMode = (sregs.cr0() & 1) != 0;
        boolean longMode = (sregs.efer() & (1 << 10)) != 0;
        String size =
                longMode && sregs.cs().longMode()
                        ? "64-bit mode"
                        : protectedMode
                                ? (sregs.cs().db() ? "32-bit" : "16-bit") + " protected mode"
                                : "real mode";
        return size + ", ring " + sregs.ss().dpl();
    }

    private static Privilege privilege(KvmSregs sregs) {
        return sregs.ss().dpl() == 3 ? Privilege.USER : Privilege.SUPERVISOR;
    }

    /**
     * Where the vCPU runs, as a linear address. In 64-bit mode the base of cs does not count (SDM
     * vol. 1 §3.3.4).
     */
    public static long linearRip(KvmRegs regs, KvmSregs sregs) {
        return sregs.cs().longMode() ? regs.rip() : sregs.cs().base() + regs.rip() & 0xffff_ffffL;
    }

    private static void generalRegisters(StringBuilder text, KvmRegs r) {
        row(text, "rip", r.rip(), "rflags", r.rflags(), "rsp", r.rsp());
        row(text, "rax", r.rax(), "rbx", r.rbx(), "rcx", r.rcx());
        row(text, "rdx", r.rdx(), "rsi", r.rsi(), "rdi", r.rdi());
        row(text, "rbp", r.rbp(), "r8", r.r8(), "r9", r.r9());
        row(text, "r10", r.r10(), "r11", r.r11(), "r12", r.r12());
        row(text, "r13", r.r13(), "r14", r.r14(), "r15", r.r15());
    }

    private static void controlRegisters(StringBuilder text, KvmSregs s) {
        row(text, "cr0", s.cr0(), "cr2", s.cr2(), "cr3", s.cr3());
        row(text, "cr4", s.cr4(), "cr8", s.cr8(), "efer", s.efer());
    }

    private static void row(
            StringBuilder text, String a, long x, String b, long y, String c, long z) {
        register(text, a, x);
        register(text, b, y);
        register(text, c, z);
        text.setCharAt(text.length() - 1, '\n');
    }

    private static void register(StringBuilder text, String name, long value) {
        text.append(name).append(" ".repeat(7 - name.length())).append(hex(value)).append(" ");
    }

    private static void segments(StringBuilder text, KvmSregs s) {
        segment(text, "cs", s.cs());
        segment(text, "ds", s.ds());
        segment(text, "es", s.es());
        segment(text, "fs", s.fs());
        segment(text, "gs", s.gs());
        segment(text, "ss", s.ss());
        segment(text, "tr", s.tr());
        text.append("gdt    base ").append(hex(s.gdt().base()));
        text.append(" limit 0x").append(Integer.toHexString(s.gdt().limit())).append('\n');
        text.append("idt    base ").append(hex(s.idt().base()));
        text.append(" limit 0x").append(Integer.toHexString(s.idt().limit())).append('\n');
    }

    private static void segment(StringBuilder text, String name, KvmSegment s) {
        text.append(name)
                .append("     ")
                .append("0x")
                .append(HEX.toHexDigits((short) s.selector()));
        text.append(" base ").append(hex(s.base()));
        text.append(" limit 0x").append(HEX.toHexDigits(s.limit()));
        text.append(" type 0x").append(Integer.toHexString(s.type()));
        text.append(" dpl ").append(s.dpl());
        if (s.unusable()) {
            text.append(" unusable");
        }
        text.append('\n');
    }

    private static void code(
            StringBuilder text,
            long rip,
            PagingState paging,
            Privilege privilege,
            GuestMemory memory,
            AddressTranslator translator) {
        text.append("code  ");
        for (int i = -CODE_BYTES_BEFORE; i < CODE_BYTES - CODE_BYTES_BEFORE; i++) {
            String digits = codeByte(rip + i, paging, privilege, memory, translator);
            text.append(i == 0 ? "<" + digits + ">" : " " + digits);
        }
        text.append('\n');
    }

    /** Two hex digits, or {@code ??} where the guest has no code. */
    private static String codeByte(
            long gva,
            PagingState paging,
            Privilege privilege,
            GuestMemory memory,
            AddressTranslator translator) {
        if (translator.translate(paging, gva, Access.EXECUTE, privilege)
                instanceof AddressTranslation.Mapped mapped) {
            try {
                return HEX.toHexDigits((byte) memory.loadU8(mapped.stageOne().gpa()));
            } catch (GuestMemoryException e) {
                return "??";
            }
        }
        return "??";
    }

    private static String hex(long value) {
        return "0x" + HEX.toHexDigits(value);
    }
}
