package dev.hosta.machine;

import dev.hosta.device.state.StateBytes;
import dev.hosta.kvm.KvmVm;

/**
 * Takes out of KVM, and puts back, what it keeps for the whole machine.
 *
 * <p>Threading: the control thread, while the vCPUs stand still.
 */
final class KvmPlatform {
    private static final int MASTER_PIC = 0;
    private static final int SLAVE_PIC = 1;
    private static final int IOAPIC = 2;

    private KvmPlatform() {}

    static PlatformState.V1 state(KvmVm vm) {
        return new PlatformState.V1(
                StateBytes.copyOf(vm.irqchip(MASTER_PIC)),
                StateBytes.copyOf(vm.irqchip(SLAVE_PIC)),
                StateBytes.copyOf(vm.irqchip(IOAPIC)),
                StateBytes.copyOf(vm.pit()),
                vm.clock());
    }

    static void setState(KvmVm vm, PlatformState.V1 platform) {
        vm.setIrqchip(MASTER_PIC, platform.masterPic().toArray());
        vm.setIrqchip(SLAVE_PIC, platform.slavePic().toArray());
        vm.setIrqchip(IOAPIC, platform.ioapic().toArray());
        vm.setClock(platform.clock());
    }

    /**
     * Lets the timer go on, once the vCPUs have their state: KVM waits for each tick to be
     * acknowledged, so that one which setting a local APIC wipes out would be the last.
     */
    static void startTimer(KvmVm vm, PlatformState.V1 platform) {
        vm.setPit(platform.pit().toArray());
    }
}
