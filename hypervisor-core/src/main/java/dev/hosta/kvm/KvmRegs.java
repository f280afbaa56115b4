package dev.hosta.kvm;

import dev.hosta.kvm.abi.RegsLayout;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The general registers, {@code struct kvm_regs}.
 *
 * @param rax RAX
 * @param rbx RBX
 * @param rcx RCX
 * @param rdx RDX
 * @param rsi RSI
 * @param rdi RDI
 * @param rsp RSP
 * @param rbp RBP
 * @param r8 R8
 * @param r9 R9
 * @param r10 R10
 * @param r11 R11
 * @param r12 R12
 * @param r13 R13
 * @param r14 R14
 * @param r15 R15
 * @param rip instruction pointer, relative to CS
 * @param rflags flags; bit 1 is always set
 */
public record KvmRegs(
        long rax,
        long rbx,
        long rcx,
        long rdx,
        long rsi,
        long rdi,
        long rsp,
        long rbp,
        long r8,
        long r9,
        long r10,
        long r11,
        long r12,
        long r13,
        long r14,
        long r15,
        long rip,
        long rflags) {
    /** All zero but bit 1 of RFLAGS, which the CPU keeps set: interrupts are off. */
    public static final KvmRegs RESET =
            new KvmRegs(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

    /** The same with another RAX. */
    public KvmRegs withRax(long value) {
        return new KvmRegs(
                value, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RBX. */
    public KvmRegs withRbx(long value) {
        return new KvmRegs(
                rax, value, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RCX. */
    public KvmRegs withRcx(long value) {
        return new KvmRegs(
                rax, rbx, value, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RDX. */
    public KvmRegs withRdx(long value) {
        return new KvmRegs(
                rax, rbx, rcx, value, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RSI. */
    public KvmRegs withRsi(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, value, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RDI. */
    public KvmRegs withRdi(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, rsi, value, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RSP. */
    public KvmRegs withRsp(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, rsi, rdi, value, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RBP. */
    public KvmRegs withRbp(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, rsi, rdi, rsp, value, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                rflags);
    }

    /** The same with another RIP. */
    public KvmRegs withRip(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, value,
                rflags);
    }

    /** The same with another RFLAGS. */
    public KvmRegs withRflags(long value) {
        return new KvmRegs(
                rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
                value);
    }

    static KvmRegs read(MemorySegment s) {
        return new KvmRegs(
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RAX),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RBX),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RCX),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RDX),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RSI),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RDI),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RSP),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RBP),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R8),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R9),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R10),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R11),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R12),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R13),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R14),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.R15),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RIP),
                s.get(ValueLayout.JAVA_LONG, RegsLayout.RFLAGS));
    }

    MemorySegment write(Arena arena) {
        MemorySegment s = arena.allocate(RegsLayout.SIZE, 8);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RAX, rax);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RBX, rbx);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RCX, rcx);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RDX, rdx);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RSI, rsi);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RDI, rdi);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RSP, rsp);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RBP, rbp);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R8, r8);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R9, r9);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R10, r10);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R11, r11);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R12, r12);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R13, r13);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R14, r14);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.R15, r15);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RIP, rip);
        s.set(ValueLayout.JAVA_LONG, RegsLayout.RFLAGS, rflags);
        return s;
    }
}
