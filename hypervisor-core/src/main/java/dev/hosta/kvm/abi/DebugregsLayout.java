package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_debugregs}: the debug registers. 128 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0   32 db[4]        DR0..DR3, linear addresses
 *     32    8 dr6
 *     40    8 dr7
 *     48    8 flags        0
 *     56   72 reserved[9]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS in
 * Documentation/virt/kvm/api.rst.
 */
public final class DebugregsLayout {
    /** Size in bytes. */
    public static final int SIZE = 128;

    public static final int DB = 0;
    public static final int DR6 = 32;
    public static final int DR7 = 40;
    public static final int FLAGS = 48;

    private DebugregsLayout() {}
}
