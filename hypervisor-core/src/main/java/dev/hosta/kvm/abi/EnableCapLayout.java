package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_enable_cap}: a capability to turn on. 104 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 cap      KVM_CAP_*
 *      4    4 flags    0
 *      8   32 args[4]  meaning by capability
 *     40   64 pad[64]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_ENABLE_CAP in Documentation/virt/kvm/api.rst.
 */
public final class EnableCapLayout {
    /** Size in bytes. */
    public static final int SIZE = 104;

    public static final int CAP = 0;
    public static final int FLAGS = 4;
    public static final int ARGS = 8;

    private EnableCapLayout() {}
}
