package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

/** Saved state of {@link PciConfigPorts}: every version this build can read. */
public sealed interface PciConfigPortsState {
    /**
     * Written since 0.1.
     *
     * @param address CONFIG_ADDRESS, 0..0xffff_ffff
     */
    record V1(long address) implements PciConfigPortsState {
        /** Kind and version. */
        public static final StateType<V1> TYPE =
                new StateType<>("legacy.pci-config-ports", 1, V1.class);

        /** Checks that the address fits the register. */
        public V1 {
            InvalidStateException.requireRange("PCI config address", address, 0, 0xffff_ffffL);
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
