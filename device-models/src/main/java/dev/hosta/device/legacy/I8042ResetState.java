package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

/** Saved state of an {@link I8042Reset}: every version this build can read. */
public sealed interface I8042ResetState {
    /**
     * Written since 0.1.
     *
     * @param configuration the command byte, 0..0xff
     * @param outputPort the output port, 0..0xff
     * @param pendingCommand command that waits for its data byte, 0 for none: 0, 0x60 or 0xd1
     * @param answer byte that waits for the guest, -1..0xff; -1 for none
     * @param staleBytes how often the output buffer is still found full, 0..64
     * @param lastWasCommand status bit 3
     */
    record V1(
            int configuration,
            int outputPort,
            int pendingCommand,
            int answer,
            int staleBytes,
            boolean lastWasCommand)
            implements I8042ResetState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("legacy.i8042-reset", 1, V1.class);

        /** Checks every field's range. */
        public V1 {
            InvalidStateException.requireRange("i8042 configuration", configuration, 0, 0xff);
            InvalidStateException.requireRange("i8042 outputPort", outputPort, 0, 0xff);
            if (pendingCommand != 0 && !I8042Reset.takesData(pendingCommand)) {
                throw new InvalidStateException(
                        "i8042 pendingCommand must be 0, 0x60 or 0xd1: value=" + pendingCommand);
            }
            InvalidStateException.requireRange("i8042 answer", answer, -1, 0xff);
            InvalidStateException.requireRange(
                    "i8042 staleBytes", staleBytes, 0, I8042Reset.STALE_BYTES);
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
