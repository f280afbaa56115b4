package dev.hosta.control;

import dev.hosta.linux.PidFile;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.AddressTranslation;
import dev.hosta.memory.HostBacking;
import dev.hosta.memory.StageTwoLeaf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** What a VM looks like from outside, as plain values for {@link Json}. */
final class Inspection {
    private Inspection() {}

    /** A line about the VM, as {@code ps} shows it. */
    static SequencedMap<String, Object> status(Vmm vmm) {
        Optional<VmView> vm = vmm.vm();
        SequencedMap<String, Object> status = new LinkedHashMap<>();
        status.put("name", vmm.name());
        status.put("state", vm.map(VmView::state).orElse("Empty"));
        status.put("pid", PidFile.ownPid());
        if (vm.isPresent()) {
            status.put("cpus", vm.get().spec().cpus());
            status.put("memory", vm.get().spec().memory().sizeBytes());
            status.put("uptime_ms", vm.get().uptimeMillis());
            status.put("net", vm.get().spec().nets().stream().map(Inspection::net).toList());
            status.put("end", vm.get().end());
        }
        SequencedMap<String, Object> attached = new LinkedHashMap<>();
        attached.put("attached", vmm.console().attached());
        attached.put("writer_pid", vmm.console().writer());
        status.put("console", attached);
        return status;
    }

    /** What a network travels on, as the command line names it. */
    private static String net(NetSpec net) {
        return switch (net.carrier()) {
            case NetSpec.Carrier.User user -> "user";
            case NetSpec.Carrier.Tap tap -> "tap:" + tap.interfaceName();
            case NetSpec.Carrier.Socket socket -> "socket:" + socket.path();
        };
    }

    /** Everything: status, spec, stage-two map, devices with counters. */
    static SequencedMap<String, Object> full(Vmm vmm, VmView vm) {
        SequencedMap<String, Object> full = status(vmm);
        full.put("spec", SpecForm.of(vm.spec()));
        vm.machine()
                .ifPresent(
                        machine -> {
                            full.put("stage_two", stageTwo(machine.map().leaves()));
                            full.put("devices", machine.counters());
                        });
        return full;
    }

    /** What each device that counts has counted, by its path below {@code /devices/}. */
    static SequencedMap<String, Object> counters(VirtualMachine machine) {
        SequencedMap<String, Object> counters = new LinkedHashMap<>();
        machine.counters()
                .forEach(
                        (path, values) -> {
                            if (!values.isEmpty()) {
                                counters.put(path.replaceFirst("^/devices/", ""), values);
                            }
                        });
        return counters;
    }

    /** Neighbouring leaves that are alike and follow one another in the host become one entry. */
    static List<Map<String, Object>> stageTwo(List<StageTwoLeaf> leaves) {
        List<Map<String, Object>> runs = new ArrayList<>();
        for (int from = 0; from < leaves.size(); ) {
            int to = from + 1;
            while (to < leaves.size() && follows(leaves.get(to - 1), leaves.get(to))) {
                to++;
            }
            runs.add(run(leaves.get(from), to - from));
            from = to;
        }
        return runs;
    }

    private static boolean follows(StageTwoLeaf before, StageTwoLeaf leaf) {
        boolean alike =
                before.size() == leaf.size()
                        && before.kind() == leaf.kind()
                        && before.permissions().equals(leaf.permissions())
                        && before.memoryType() == leaf.memoryType()
                        && before.gpa() + before.size().bytes() == leaf.gpa();
        if (!alike || before.backing().isEmpty() || leaf.backing().isEmpty()) {
            return alike && before.backing().isEmpty() && leaf.backing().isEmpty();
        }
        HostBacking first = before.backing().get();
        HostBacking second = leaf.backing().get();
        return first.host() == second.host()
                && first.offset() + before.size().bytes() == second.offset();
    }

    private static Map<String, Object> run(StageTwoLeaf first, int count) {
        SequencedMap<String, Object> run = new LinkedHashMap<>();
        run.put("gpa", "0x" + Long.toHexString(first.gpa()));
        run.put("size", count * first.size().bytes());
        run.put("leaf", first.size().toString());
        run.put("kind", first.kind().toString());
        run.put("permissions", first.permissions().toString());
        run.put("memory_type", first.memoryType().toString());
        run.put("host", first.backing().map(HostBacking::toString));
        return run;
    }

    /** An address's way through both stages. */
    static Map<String, Object> translation(VirtualMachine machine, int vcpu, long gva) {
        var found = machine.look().translate(vcpu, gva);
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        map.put("gva", "0x" + Long.toHexString(gva));
        map.put("vcpu", vcpu);
        Optional<String> gpa =
                switch (found) {
                    case AddressTranslation.Mapped m ->
                            Optional.of("0x" + Long.toHexString(m.stageOne().gpa()));
                    case AddressTranslation.StageTwoFault f ->
                            Optional.of("0x" + Long.toHexString(f.stageOne().gpa()));
                    case AddressTranslation.StageOneFault f -> Optional.empty();
                };
        map.put("gpa", gpa);
        map.put("mapped", found instanceof AddressTranslation.Mapped);
        map.put("text", found.toText());
        return map;
    }
}
