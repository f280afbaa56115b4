package dev.hosta.snapshot;

import dev.hosta.device.legacy.AcpiPowerState;
import dev.hosta.device.legacy.CmosRtcState;
import dev.hosta.device.legacy.I8042ResetState;
import dev.hosta.device.legacy.PciConfigPortsState;
import dev.hosta.device.legacy.ResetControlState;
import dev.hosta.device.legacy.Uart16550State;
import dev.hosta.device.state.StateType;
import dev.hosta.device.virtio.console.ConsoleState;
import dev.hosta.device.virtio.net.NetState;
import dev.hosta.device.virtio.transport.MmioTransportState;
import dev.hosta.machine.PlatformState;
import dev.hosta.vcpu.VcpuState;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Every kind and version of state that this build reads and writes. A new version of a kind gets a
 * line of its own here, with how it becomes the newest.
 */
final class StateKinds {
    /**
     * One version of one kind.
     *
     * @param type kind, version, record
     * @param upgrade makes the newest version of it
     */
    record Entry(StateType<?> type, UnaryOperator<Record> upgrade) {}

    private static final List<Entry> ALL =
            List.of(
                    entry(PlatformState.V1.TYPE),
                    entry(VcpuState.V1.TYPE),
                    entry(Uart16550State.V1.TYPE),
                    entry(AcpiPowerState.V1.TYPE, AcpiPowerState::latest),
                    entry(AcpiPowerState.V2.TYPE),
                    entry(CmosRtcState.V1.TYPE),
                    entry(I8042ResetState.V1.TYPE),
                    entry(ResetControlState.V1.TYPE),
                    entry(PciConfigPortsState.V1.TYPE),
                    entry(MmioTransportState.V1.TYPE),
                    entry(NetState.V1.TYPE),
                    entry(ConsoleState.V1.TYPE));

    private static final Map<String, List<Entry>> BY_KIND = byKind();

    private StateKinds() {}

    private static Map<String, List<Entry>> byKind() {
        Map<String, List<Entry>> map = new HashMap<>();
        for (Entry entry : ALL) {
            map.computeIfAbsent(entry.type().kind(), kind -> new ArrayList<>()).add(entry);
        }
        return map;
    }

    /** A version that is the newest. */
    private static Entry entry(StateType<?> type) {
        return new Entry(type, UnaryOperator.identity());
    }

    /** An older version, and how it becomes the newest. */
    private static <T extends Record> Entry entry(
            StateType<T> type, Function<T, ? extends Record> upgrade) {
        return new Entry(type, old -> upgrade.apply(type.type().cast(old)));
    }

    /** All of them. */
    static List<Entry> all() {
        return ALL;
    }

    /** The versions of one kind that can be read; none where the kind is unknown. */
    static List<Entry> of(String kind) {
        return BY_KIND.getOrDefault(kind, List.of());
    }

    /** The newest version of a kind that is known. */
    static int newest(String kind) {
        return of(kind).getLast().type().version();
    }

    /**
     * The reader of one version.
     *
     * @param file and {@code path}: what to name in messages
     * @throws SavedFormException where this build has none
     */
    static Entry find(Path file, String path, String kind, int version) {
        List<Entry> versions = of(kind);
        if (versions.isEmpty()) {
            throw new SavedFormException.TooNew(
                    file,
                    String.format(
                            "state %s at %s is of a kind that this build does not know. Use a"
                                    + " newer hosta.",
                            kind, path));
        }
        int oldest = versions.getFirst().type().version();
        int newest = versions.getLast().type().version();
        for (Entry entry : versions) {
            if (entry.type().version() == version) {
                return entry;
            }
        }
        String what =
                String.format(
                        "state %s v%d at %s is %s than this build reads (%d..%d). Use %s hosta.",
                        kind,
                        version,
                        path,
                        version > newest ? "newer" : "older",
                        oldest,
                        newest,
                        version > newest ? "a newer" : "an older");
        throw version > newest
                ? new SavedFormException.TooNew(file, what)
                : new SavedFormException.TooOld(file, what);
    }
}
