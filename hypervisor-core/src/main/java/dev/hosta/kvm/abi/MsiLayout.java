package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_msi}: one message-signalled interrupt. 32 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 address_lo  0xfee00000 + ...
 *      4    4 address_hi
 *      8    4 data
 *     12    4 flags       0
 *     16    4 devid
 *     20   12 pad[12]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_SIGNAL_MSI in Documentation/virt/kvm/api.rst.
 */
public final class MsiLayout {
    /** Size in bytes. */
    public static final int SIZE = 32;

    public static final int ADDRESS_LO = 0;
    public static final int ADDRESS_HI = 4;
    public static final int DATA = 8;
    public static final int FLAGS = 12;
    public static final int DEVID = 16;

    private MsiLayout() {}
}
