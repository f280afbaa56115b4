package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_pit_config}: how the in-kernel PIT is made. 64 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    4 flags    KVM_PIT_SPEAKER_DUMMY
 *      4   60 pad[15]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_CREATE_PIT2 in Documentation/virt/kvm/api.rst.
 */
public final class PitConfigLayout {
    /** Size in bytes. */
    public static final int SIZE = 64;

    public static final int FLAGS = 0;

    private PitConfigLayout() {}
}
