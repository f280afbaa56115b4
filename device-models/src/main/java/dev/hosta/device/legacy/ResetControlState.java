package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

/** Saved state of a {@link ResetControl}: every version this build can read. */
public sealed interface ResetControlState {
    /**
     * Written since 0.1.
     *
     * @param control the register, within 0x0e
     */
    record V1(int control) implements ResetControlState {
        /** Kind and version. */
        public static final StateType<V1> TYPE =
                new StateType<>("legacy.reset-control", 1, V1.class);

        /** Checks that only the register's three bits are set. */
        public V1 {
            if ((control & ~ResetControl.KEPT) != 0) {
                throw new InvalidStateException(
                        "Reset control must lie within 0x0e: value=" + control);
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
