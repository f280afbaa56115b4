package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_debug_exit_arch}: why KVM_EXIT_DEBUG. 32 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 exception  vector: 1 or 3
 *      4    4 pad
 *      8    8 pc         linear rip
 *     16    8 dr6
 *     24    8 dr7
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; kvm_run in Documentation/virt/kvm/api.rst.
 */
public final class DebugExitArchLayout {
    /** Size in bytes. */
    public static final int SIZE = 32;

    public static final int EXCEPTION = 0;
    public static final int PC = 8;
    public static final int DR6 = 16;
    public static final int DR7 = 24;

    private DebugExitArchLayout() {}
}
