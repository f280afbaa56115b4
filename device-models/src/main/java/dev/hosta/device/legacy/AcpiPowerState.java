package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

/** Saved state of an {@link AcpiPower}: every version this build can read. */
public sealed interface AcpiPowerState {
    /**
     * Written since 0.1. The level of the SCI follows from these.
     *
     * @param status PM1_STS, within {@link AcpiPower#STATUS_BITS}
     * @param enable PM1_EN, within {@link AcpiPower#ENABLE_BITS}
     * @param control PM1_CNT without SCI_EN and SLP_EN, within {@link AcpiPower#CONTROL_BITS}
     * @param timerNanos how long the PM timer has run, 0 or more
     */
    record V1(int status, int enable, int control, long timerNanos) implements AcpiPowerState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("legacy.acpi-power", 1, V1.class);

        /** Checks that only bits that exist are set, and the timer's sign. */
        public V1 {
            requireWithin("status", status, AcpiPower.STATUS_BITS);
            requireWithin("enable", enable, AcpiPower.ENABLE_BITS);
            requireWithin("control", control, AcpiPower.CONTROL_BITS);
            InvalidStateException.requireRange(
                    "ACPI timerNanos", timerNanos, 0, Long.MAX_VALUE / 2);
        }

        private static void requireWithin(String field, int value, int bits) {
            if ((value & ~bits) != 0) {
                throw new InvalidStateException(
                        "ACPI "
                                + field
                                + " must lie within 0x"
                                + Integer.toHexString(bits)
                                + ": value=0x"
                                + Integer.toHexString(value));
            }
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
