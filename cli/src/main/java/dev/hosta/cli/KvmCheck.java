package dev.hosta.cli;

import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmCapability;
import dev.hosta.kvm.KvmException;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What {@code hosta doctor} finds about KVM: the device, the rights to it, its capabilities. */
final class KvmCheck {
    /** Without one of these no guest runs. */
    private static final Set<KvmCapability> NEEDED =
            EnumSet.of(
                    KvmCapability.USER_MEMORY,
                    KvmCapability.IRQCHIP,
                    KvmCapability.PIT2,
                    KvmCapability.EXT_CPUID,
                    KvmCapability.MP_STATE,
                    KvmCapability.IRQ_ROUTING,
                    KvmCapability.IRQFD,
                    KvmCapability.IOEVENTFD,
                    KvmCapability.SET_TSS_ADDR,
                    KvmCapability.SET_IDENTITY_MAP_ADDR,
                    KvmCapability.IMMEDIATE_EXIT);

    /** What stops working without them stands in {@link KvmCapability#purpose}. */
    private static final Set<KvmCapability> USEFUL =
            EnumSet.of(
                    KvmCapability.READONLY_MEM,
                    KvmCapability.SYNC_MMU,
                    KvmCapability.SIGNAL_MSI,
                    KvmCapability.TSC_DEADLINE_TIMER,
                    KvmCapability.GET_TSC_KHZ,
                    KvmCapability.TSC_CONTROL,
                    KvmCapability.SET_GUEST_DEBUG,
                    KvmCapability.INTERNAL_ERROR_DATA,
                    KvmCapability.PIT_STATE2,
                    KvmCapability.ADJUST_CLOCK,
                    KvmCapability.KVMCLOCK_CTRL,
                    KvmCapability.VCPU_EVENTS,
                    KvmCapability.DEBUGREGS,
                    KvmCapability.XSAVE,
                    KvmCapability.XCRS,
                    KvmCapability.MANUAL_DIRTY_LOG_PROTECT2,
                    KvmCapability.DIRTY_LOG_RING);

    private KvmCheck() {}

    static List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        try (Kvm kvm = Kvm.open()) {
            findings.add(
                    Finding.ok("/dev/kvm opens for reading and writing, API " + kvm.apiVersion()));
            for (KvmCapability capability : NEEDED) {
                findings.add(
                        kvm.check(capability) > 0
                                ? Finding.ok(text(capability))
                                : Finding.fail(
                                        text(capability) + " is missing",
                                        "no guest runs without it; use a newer kernel"));
            }
            for (KvmCapability capability : USEFUL) {
                findings.add(
                        kvm.check(capability) > 0
                                ? Finding.ok(text(capability))
                                : Finding.warn(
                                        text(capability) + " is missing",
                                        "guests run, but not this; a newer kernel may have it"));
            }
            findings.add(
                    Finding.ok(
                            "up to "
                                    + kvm.check(KvmCapability.MAX_VCPUS)
                                    + " vCPUs a guest, "
                                    + kvm.check(KvmCapability.NR_VCPUS)
                                    + " recommended"));
            findings.add(creation(kvm));
        } catch (KvmException e) {
            String message = e.getMessage();
            // The hint is the message's end; a line of the doctor shows it behind the dash.
            String what = message.substring(0, message.length() - e.hint().length()).strip();
            findings.add(Finding.fail(what, e.hint()));
        }
        return findings;
    }

    private static Finding creation(Kvm kvm) {
        try {
            kvm.createVm().close();
            return Finding.ok("a VM can be created");
        } catch (KvmException e) {
            return Finding.fail("no VM can be created", e.getMessage());
        }
    }

    private static String text(KvmCapability capability) {
        return capability.cName() + ": " + capability.purpose();
    }
}
