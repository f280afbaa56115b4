package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_dtable}: GDTR or IDTR. 16 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 base        linear address
 *      8    2 limit       bytes - 1
 *     10    6 padding[3]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_SREGS in Documentation/virt/kvm/api.rst.
 */
public final class DtableLayout {
    /** Size in bytes. */
    public static final int SIZE = 16;

    public static final int BASE = 0;
    public static final int LIMIT = 8;

    private DtableLayout() {}
}
