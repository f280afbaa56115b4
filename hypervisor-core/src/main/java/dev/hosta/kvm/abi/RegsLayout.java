package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_regs}: the general registers. 144 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 rax
 *      8    8 rbx
 *     16    8 rcx
 *     24    8 rdx
 *     32    8 rsi
 *     40    8 rdi
 *     48    8 rsp
 *     56    8 rbp
 *     64    8 r8
 *     72    8 r9
 *     80    8 r10
 *     88    8 r11
 *     96    8 r12
 *    104    8 r13
 *    112    8 r14
 *    120    8 r15
 *    128    8 rip
 *    136    8 rflags
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_REGS, KVM_SET_REGS in Documentation/virt/kvm/api.rst.
 */
public final class RegsLayout {
    /** Size in bytes. */
    public static final int SIZE = 144;

    public static final int RAX = 0;
    public static final int RBX = 8;
    public static final int RCX = 16;
    public static final int RDX = 24;
    public static final int RSI = 32;
    public static final int RDI = 40;
    public static final int RSP = 48;
    public static final int RBP = 56;
    public static final int R8 = 64;
    public static final int R9 = 72;
    public static final int R10 = 80;
    public static final int R11 = 88;
    public static final int R12 = 96;
    public static final int R13 = 104;
    public static final int R14 = 112;
    public static final int R15 = 120;
    public static final int RIP = 128;
    public static final int RFLAGS = 136;

    private RegsLayout() {}
}
