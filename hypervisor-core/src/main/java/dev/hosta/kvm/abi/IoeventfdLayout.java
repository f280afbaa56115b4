package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_ioeventfd}: an eventfd that a guest write signals. 64 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 datamatch  value that must be written
 *      8    8 addr       gpa or port
 *     16    4 len        1, 2, 4, 8; 0: any length
 *     20    4 fd         eventfd
 *     24    4 flags      KVM_IOEVENTFD_FLAG_*
 *     28   36 pad[36]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_IOEVENTFD in Documentation/virt/kvm/api.rst.
 */
public final class IoeventfdLayout {
    /** Size in bytes. */
    public static final int SIZE = 64;

    public static final int DATAMATCH = 0;
    public static final int ADDR = 8;
    public static final int LEN = 16;
    public static final int FD = 20;
    public static final int FLAGS = 24;

    private IoeventfdLayout() {}
}
