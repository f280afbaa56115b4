package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_xsave}: the XSAVE area; longer where KVM_CAP_XSAVE2 says so. 4096 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0 4096 region[1024]  legacy area, XSTATE_BV at 512, then CPUID leaf 0xd
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_XSAVE, KVM_GET_XSAVE2, KVM_SET_XSAVE in
 * Documentation/virt/kvm/api.rst.
 */
public final class XsaveLayout {
    /** Size in bytes. */
    public static final int SIZE = 4096;

    public static final int REGION = 0;

    private XsaveLayout() {}
}
