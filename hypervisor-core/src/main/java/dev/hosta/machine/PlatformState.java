package dev.hosta.machine;

import dev.hosta.device.state.StateBytes;
import dev.hosta.device.state.StateType;
import dev.hosta.kvm.KvmClock;

/** State of the machine that KVM itself keeps: every version that this build can read. */
public sealed interface PlatformState {
    /**
     * Interrupt controllers, timer and clock.
     *
     * @param masterPic first 8259A, the 512-byte payload of {@code struct kvm_irqchip}
     * @param slavePic second 8259A, likewise
     * @param ioapic I/O APIC, likewise
     * @param pit 8254, {@code struct kvm_pit_state2}
     * @param clock kvmclock
     */
    record V1(
            StateBytes masterPic,
            StateBytes slavePic,
            StateBytes ioapic,
            StateBytes pit,
            KvmClock clock)
            implements PlatformState {
        /** Written since 0.1. */
        public static final StateType<V1> TYPE = new StateType<>("platform", 1, V1.class);

        private static final int IRQCHIP_BYTES = 512;
        private static final int PIT_BYTES = 112;

        /** Checks the sizes; the rest is KVM's to judge. */
        public V1 {
            masterPic.requireSize("the first 8259A", IRQCHIP_BYTES);
            slavePic.requireSize("the second 8259A", IRQCHIP_BYTES);
            ioapic.requireSize("the I/O APIC", IRQCHIP_BYTES);
            pit.requireSize("the 8254", PIT_BYTES);
        }
    }

    /** The newest form. A new version stops this compiling until its upgrade is written. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
