package dev.hosta.device.legacy;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateType;

import java.util.List;

/** Saved state of a {@link CmosRtc}: every version this build can read. */
public sealed interface CmosRtcState {
    /**
     * Written since 0.1.
     *
     * @param index register that the data port reaches, 0..127
     * @param statusA register A without UIP, 0..0x7f
     * @param statusB register B, 0..0xff
     * @param offsetSeconds guest's time minus the host's, within ±{@link CmosRtc#FARTHEST_SECONDS}
     * @param cells all 128 cells, 0..255 each: NVRAM, alarm, and the time where it stands still
     */
    record V1(int index, int statusA, int statusB, long offsetSeconds, List<Integer> cells)
            implements CmosRtcState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("legacy.cmos-rtc", 1, V1.class);

        /** Checks every field's range and that all cells are there. */
        public V1 {
            InvalidStateException.requireRange("RTC index", index, 0, CmosRtc.CELLS - 1);
            InvalidStateException.requireRange("RTC statusA", statusA, 0, 0x7f);
            InvalidStateException.requireRange("RTC statusB", statusB, 0, 0xff);
            InvalidStateException.requireRange(
                    "RTC offsetSeconds",
                    offsetSeconds,
                    -CmosRtc.FARTHEST_SECONDS,
                    CmosRtc.FARTHEST_SECONDS);
            cells =
                    InvalidStateException.requireList(
                            "RTC cells", cells, CmosRtc.CELLS, CmosRtc.CELLS, 0xff);
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
