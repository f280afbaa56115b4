package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_xcrs}: the extended control registers. 392 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 nr_xcrs      0..16
 *      4    4 flags        0
 *      8  256 xcrs         struct kvm_xcr[16]
 *    264  128 padding[16]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_XCRS, KVM_SET_XCRS in Documentation/virt/kvm/api.rst.
 */
public final class XcrsLayout {
    /** Size in bytes. */
    public static final int SIZE = 392;

    public static final int NR_XCRS = 0;
    public static final int FLAGS = 4;
    public static final int XCRS = 8;

    private XcrsLayout() {}
}
