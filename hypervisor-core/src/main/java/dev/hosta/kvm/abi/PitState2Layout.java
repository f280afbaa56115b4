package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_pit_state2}: the state of the in-kernel PIT. 112 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0   72 channels     struct kvm_pit_channel_state[3]
 *     72    4 flags        KVM_PIT_FLAGS_*
 *     76   36 reserved[9]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_PIT2, KVM_SET_PIT2 in Documentation/virt/kvm/api.rst.
 */
public final class PitState2Layout {
    /** Size in bytes. */
    public static final int SIZE = 112;

    public static final int CHANNELS = 0;
    public static final int FLAGS = 72;

    private PitState2Layout() {}
}
