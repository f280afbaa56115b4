package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_xcr}: one extended control register. 16 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 xcr       number, 0 is XCR0
 *      4    4 reserved
 *      8    8 value
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_XCRS in Documentation/virt/kvm/api.rst.
 */
public final class XcrLayout {
    /** Size in bytes. */
    public static final int SIZE = 16;

    public static final int XCR = 0;
    public static final int VALUE = 8;

    private XcrLayout() {}
}
