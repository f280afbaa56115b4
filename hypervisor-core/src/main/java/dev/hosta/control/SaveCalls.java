package dev.hosta.control;

import dev.hosta.control.http.HttpResponse;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.snapshot.DiskCopying;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The calls that save, dump, restore and fork a VM.
 *
 * <p>Threading: any thread.
 */
final class SaveCalls {
    private static final String FILE = "file";

    private final Vmm vmm;

    SaveCalls(Vmm vmm) {
        this.vmm = vmm;
    }

    /** Of a VM that runs, or is paused; it goes on as it was. */
    HttpResponse snapshot(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Path folder = place(config, "destination_url");
        DiskCopying disks = copying(config.string("copy_disks").orElse("none"));
        config.end(Set.of());
        vmm.saves().snapshot(movable(), folder, disks);
        return HttpResponse.done();
    }

    private static DiskCopying copying(String text) {
        return switch (text) {
            case "none" -> DiskCopying.NONE;
            case "reflink" -> DiskCopying.REFLINK;
            case "full" -> DiskCopying.FULL;
            default ->
                    throw new CallException(
                            400, "copy_disks is none, reflink or full: '" + text + "'.");
        };
    }

    /** Saves, then takes the machine down. */
    HttpResponse suspend(String json) {
        Path folder = destination(json);
        vmm.saves().suspend(movable(), folder);
        String report = Json.write(vmm.saves().progress());
        if (vmm.endsWithMachine()) {
            return new HttpResponse(200, report, vmm::shutdown);
        }
        vmm.shutdown();
        return HttpResponse.ok(report);
    }

    /** A core file of a VM that runs, or is paused; it goes on as it was. */
    HttpResponse coredump(String json) {
        Path file = destination(json);
        vmm.saves().dump(movable(), file);
        return HttpResponse.done();
    }

    HttpResponse restore(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Path folder = place(config, "source_url");
        boolean prefault = config.bool("prefault", false);
        config.end(Set.of());
        vmm.restore(folder, prefault);
        return HttpResponse.done();
    }

    HttpResponse fork(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Set<String> replaced = new LinkedHashSet<>(config.strings("replaced_disks"));
        Optional<String> twin = config.string("name").map(MachineSpec::requireName);
        config.end(Set.of());
        return HttpResponse.ok(Json.write(vmm.forks().open(movable(), replaced, twin)));
    }

    HttpResponse forkDone(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Path folder = place(config, "source_url");
        boolean made = config.bool("made", true);
        config.end(Set.of());
        if (!vmm.forks().release(folder, made)) {
            throw new CallException(404, "There is no such fork, or not any more.");
        }
        return HttpResponse.done();
    }

    HttpResponse cancel() {
        vmm.saves().cancel();
        return HttpResponse.done();
    }

    private static Path destination(String json) {
        ConfigObject config = ConfigObject.parse(json);
        Path place = place(config, "destination_url");
        config.end(Set.of());
        return place;
    }

    /** The folder or file of a URL such as {@code file:///var/lib/vm1}. */
    private static Path place(ConfigObject config, String field) {
        String url =
                config.string(field)
                        .orElseThrow(() -> new CallException(400, field + " is missing."));
        try {
            URI uri = new URI(url);
            boolean local = uri.getHost() == null && uri.getQuery() == null;
            if (FILE.equals(uri.getScheme()) && local && uri.getPath() != null) {
                return Path.of(uri.getPath()).normalize();
            }
        } catch (URISyntaxException e) {
            throw new CallException(400, noPlace(field, url));
        }
        throw new CallException(400, noPlace(field, url));
    }

    private static String noPlace(String field, String url) {
        return field + " must be a place such as file:///var/lib/vm1: '" + url + "'.";
    }

    /** The machine, unless it is about to go on elsewhere. */
    private VirtualMachine movable() {
        VmView vm = vmm.vm().orElseThrow(CallException::notCreated);
        VirtualMachine machine = vm.machine().orElseThrow(CallException::notBooted);
        if (vmm.saves().isSuspending()) {
            throw CallException.suspending();
        }
        return machine;
    }
}
