package dev.hosta.machine;

import dev.hosta.boot.CpuidPolicy;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.kvm.CpuidEntry;
import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmCapability;

import java.util.List;

/**
 * What a guest's vCPUs are made from. It goes where the guest goes, so that CPUID says the same
 * there.
 *
 * @param supported CPUID as the KVM supports it on which the guest was first started
 * @param tscDeadlineTimer whether the local APIC's timer has the TSC deadline mode
 */
public record GuestCpu(List<CpuidEntry> supported, boolean tscDeadlineTimer) {
    private static final int MOST_ENTRIES = 1024;

    /** Checks the number of entries. */
    public GuestCpu {
        supported = List.copyOf(supported);
        InvalidStateException.requireRange("CPUID entry count", supported.size(), 1, MOST_ENTRIES);
    }

    /** What this host's KVM offers. */
    public static GuestCpu ofHost(Kvm kvm) {
        return new GuestCpu(kvm.supportedCpuid(), kvm.check(KvmCapability.TSC_DEADLINE_TIMER) != 0);
    }

    /** The CPUID table of one vCPU. */
    List<CpuidEntry> table(int index, int cpus, int tscKhz) {
        return CpuidPolicy.forGuest(supported, index, cpus, tscKhz, tscDeadlineTimer);
    }
}
