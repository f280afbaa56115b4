package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_clock_data}: kvmclock of the VM. 48 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 clock     kvmclock, nanoseconds
 *      8    4 flags     KVM_CLOCK_*
 *     12    4 pad0
 *     16    8 realtime  CLOCK_REALTIME, nanoseconds
 *     24    8 host_tsc
 *     32   16 pad[4]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_CLOCK, KVM_SET_CLOCK in Documentation/virt/kvm/api.rst.
 */
public final class ClockDataLayout {
    /** Size in bytes. */
    public static final int SIZE = 48;

    public static final int CLOCK = 0;
    public static final int FLAGS = 8;
    public static final int REALTIME = 16;
    public static final int HOST_TSC = 24;

    private ClockDataLayout() {}
}
