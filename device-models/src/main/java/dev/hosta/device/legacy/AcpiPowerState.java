package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

/** Saved state of an {@link AcpiPower}: every version this build can read. */
public sealed interface AcpiPowerState {
    /**
     * Written before there were general purpose events. The level of the SCI follows from these.
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
            requireFixed(status, enable, control, timerNanos);
        }
    }

    /**
     * Adds the general purpose events. Written since 0.1.
     *
     * @param status as of {@link V1}
     * @param enable as of {@link V1}
     * @param control as of {@link V1}
     * @param timerNanos as of {@link V1}
     * @param eventStatus GPE0_STS, 16 bits
     * @param eventEnable GPE0_EN, 16 bits
     */
    record V2(
            int status, int enable, int control, long timerNanos, int eventStatus, int eventEnable)
            implements AcpiPowerState {
        /** Kind and version. */
        public static final StateType<V2> TYPE = new StateType<>("legacy.acpi-power", 2, V2.class);

        /** Checks that only bits that exist are set, and the timer's sign. */
        public V2 {
            requireFixed(status, enable, control, timerNanos);
            requireWithin("eventStatus", eventStatus, AcpiPower.EVENT_BITS);
            requireWithin("eventEnable", eventEnable, AcpiPower.EVENT_BITS);
        }
    }

    private static void requireFixed(int status, int enable, int control, long timerNanos) {
        requireWithin("status", status, AcpiPower.STATUS_BITS);
        requireWithin("enable", enable, AcpiPower.ENABLE_BITS);
        requireWithin("control", control, AcpiPower.CONTROL_BITS);
        InvalidStateException.requireRange("ACPI timerNanos", timerNanos, 0, Long.MAX_VALUE / 2);
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

    /** The newest form. */
    default V2 latest() {
        return switch (this) {
            case V1 v -> new V2(v.status(), v.enable(), v.control(), v.timerNanos(), 0, 0);
            case V2 v -> v;
        };
    }
}
