package dev.hosta.kvm;

/**
 * kvmclock of a VM, {@code struct kvm_clock_data}.
 *
 * @param nanos kvmclock, nanoseconds since the VM was made
 * @param flags {@code KVM_CLOCK_*}: which of the rest are valid
 * @param realtimeNanos host wall clock at the same instant, where {@link #hasRealtime}
 * @param hostTsc host TSC at the same instant, where flag bit 3 is set
 */
public record KvmClock(long nanos, int flags, long realtimeNanos, long hostTsc) {
    /** Whether {@link #realtimeNanos} is valid: {@code KVM_CLOCK_REALTIME}. */
    public boolean hasRealtime() {
        return (flags & 4) != 0;
    }
}
