package dev.hosta.control;

import dev.hosta.boot.ImageException;
import dev.hosta.control.http.HttpRequest;
import dev.hosta.control.http.HttpResponse;
import dev.hosta.control.http.HttpServer;
import dev.hosta.kvm.KvmException;
import dev.hosta.linux.DiskException;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.NetException;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.PortException;
import dev.hosta.machine.SpecException;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.memory.MemoryException;
import dev.hosta.snapshot.SaveException;
import dev.hosta.snapshot.SavedFormException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The calls of the API: Cloud Hypervisor's, on the wire as its document of version 0.3.0 says, and
 * Hosta's own ({@code vm.status}, {@code vm.suspend}, {@code vm.fork} and so on) beside them.
 *
 * <p>An error is a JSON list of sentences, the general one first. A call of that document that
 * Hosta has not answers 500 with the reason; one that neither has, 404.
 *
 * <p>Threading: any thread.
 */
public final class VmApi implements HttpServer.Handler {
    private static final String ROOT = "/api/v1/";

    private final Vmm vmm;
    private final String version;
    private final SaveCalls saves;
    private final MigrationCalls migrations;

    /**
     * Answers for a VMM.
     *
     * @param version of Hosta
     */
    public VmApi(Vmm vmm, String version) {
        this.vmm = vmm;
        this.version = version;
        this.saves = new SaveCalls(vmm);
        this.migrations = new MigrationCalls(vmm);
    }

    @Override
    public HttpResponse answer(HttpRequest request) {
        try {
            if (!request.path().startsWith(ROOT)) {
                return error(404, "Not Found");
            }
            return call(request.path().substring(ROOT.length()), request);
        } catch (CallException e) {
            return error(e.status(), "Error from API", e.getMessage());
        } catch (SpecException e) {
            return error(400, "Error from API", e.getMessage());
        } catch (DiskException
                | ImageException
                | KvmException
                | LinuxException
                | MemoryException
                | NetException
                | PortException
                | SaveException
                | SavedFormException e) {
            return error(500, "Error from API", e.getMessage());
        }
    }

    private HttpResponse call(String name, HttpRequest request) {
        return switch (name) {
            case "vmm.ping" -> get(request, this::ping);
            case "vm.info" -> get(request, this::info);
            case "vm.counters" -> get(request, () -> Inspection.counters(booted()));
            case "vm.status" -> get(request, () -> Inspection.status(vmm));
            case "vm.inspect" -> get(request, () -> Inspection.full(vmm, created()));
            case "vm.translate" -> get(request, () -> translate(request.query()));
            case "vmm.shutdown" -> put(request, () -> HttpResponse.doneThen(vmm::end));
            case "vm.create" -> withBody(request, () -> create(request.text()));
            case "vm.boot" -> put(request, () -> done(vmm::boot));
            case "vm.pause" -> put(request, () -> done(this::pause));
            case "vm.resume" -> put(request, () -> done(this::resume));
            case "vm.power-button" -> put(request, () -> done(booted()::pressPowerButton));
            case "vm.reboot" -> put(request, () -> done(vmm::reboot));
            case "vm.shutdown" -> put(request, () -> takingDown(vmm::shutdown));
            case "vm.delete" -> put(request, this::delete);
            case "vm.nmi" -> put(request, () -> done(this::interrupt));
            case "vm.snapshot" -> withBody(request, () -> saves.snapshot(request.text()));
            case "vm.restore" -> withBody(request, () -> saves.restore(request.text()));
            case "vm.suspend" -> withBody(request, () -> saves.suspend(request.text()));
            case "vm.fork" -> withBody(request, () -> saves.fork(request.text()));
            case "vm.fork-done" -> withBody(request, () -> saves.forkDone(request.text()));
            case "vm.progress" -> get(request, () -> vmm.saves().progress());
            case "vm.cancel" -> put(request, saves::cancel);
            case "vm.coredump" -> withBody(request, () -> saves.coredump(request.text()));
            case "vm.send-migration" -> withBody(request, () -> migrations.send(request.text()));
            case "vm.resolve-migration" ->
                    withBody(request, () -> migrations.resolve(request.text()));
            case "vm.receive-migration" ->
                    withBody(request, () -> migrations.receive(request.text()));
            case "vm.migration-progress" -> get(request, () -> vmm.migrations().progress());
            case "vm.migration-cancel" -> put(request, migrations::cancel);
            case "vm.resize", "vm.resize-disk", "vm.resize-zone" ->
                    withBody(request, () -> refuse("to resize a VM"));
            case "vm.add-device",
                    "vm.add-disk",
                    "vm.add-fs",
                    "vm.add-generic-vhost-user",
                    "vm.add-pmem",
                    "vm.add-net",
                    "vm.add-vsock",
                    "vm.add-vdpa",
                    "vm.add-user-device",
                    "vm.remove-device" ->
                    withBody(request, () -> refuse("to plug devices while a VM runs"));
            default -> error(404, "Not Found");
        };
    }

    /** What one call does. */
    private interface Answer<T> {
        T give();
    }

    private static HttpResponse get(HttpRequest request, Answer<Map<String, Object>> answer) {
        return request.method().equals("GET")
                ? HttpResponse.ok(Json.write(answer.give()))
                : error(400, "Bad Request");
    }

    private static HttpResponse put(HttpRequest request, Answer<HttpResponse> answer) {
        return request.method().equals("PUT") && request.body().length == 0
                ? answer.give()
                : error(400, "Bad Request");
    }

    private static HttpResponse withBody(HttpRequest request, Answer<HttpResponse> answer) {
        return request.method().equals("PUT") && request.body().length > 0
                ? answer.give()
                : error(400, "Bad Request");
    }

    private static HttpResponse error(int status, String... sentences) {
        return new HttpResponse(status, Json.write(List.of(sentences)));
    }

    private static HttpResponse refuse(String what) {
        throw CallException.unsupported(what);
    }

    private static HttpResponse done(Runnable action) {
        action.run();
        return HttpResponse.done();
    }

    private VmView created() {
        return vmm.vm().orElseThrow(CallException::notCreated);
    }

    private VirtualMachine booted() {
        return created().machine().orElseThrow(CallException::notBooted);
    }

    private Map<String, Object> ping() {
        Map<String, Object> ping = new LinkedHashMap<>();
        ping.put("build_version", "hosta " + version);
        ping.put("version", version);
        ping.put("pid", PidFile.ownPid());
        ping.put("features", List.of());
        return ping;
    }

    private Map<String, Object> info() {
        VmView vm = created();
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("config", ChConfig.write(vm.spec(), vm.serial()));
        info.put("state", vm.state());
        info.put("memory_actual_size", vm.spec().memory().sizeBytes());
        return info;
    }

    private Map<String, Object> translate(Map<String, String> query) {
        VirtualMachine machine = booted();
        long vcpu = number(query.getOrDefault("vcpu", "0"), "vcpu");
        if (vcpu < 0 || vcpu >= machine.spec().cpus()) {
            throw new CallException(400, "There is no vCPU " + vcpu + ".");
        }
        return Inspection.translation(
                machine, (int) vcpu, number(query.getOrDefault("gva", ""), "gva"));
    }

    /** Reads an unsigned 64-bit number, decimal or hex behind 0x. */
    private static long number(String text, String what) {
        try {
            return text.startsWith("0x")
                    ? Long.parseUnsignedLong(text, 2, text.length(), 16)
                    : Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new CallException(400, what + " is a number such as 0x1000: '" + text + "'.");
        }
    }

    private HttpResponse create(String json) {
        ChConfig config = ChConfig.read(json, vmm.name());
        vmm.create(config.spec(), config.serial());
        return HttpResponse.done();
    }

    private void pause() {
        VirtualMachine machine = booted();
        whileThere(machine::pause);
    }

    private void interrupt() {
        VirtualMachine machine = booted();
        whileThere(machine::injectNmi);
    }

    private void resume() {
        VmView vm = created();
        VirtualMachine machine = vm.machine().orElseThrow(CallException::notBooted);
        if (!vm.state().equals("Paused")) {
            throw new CallException(405, "The VM is not paused.");
        }
        if (vmm.saves().isSuspending()) {
            throw CallException.suspending();
        }
        whileThere(machine::resume);
    }

    /** A machine may end between the look at it and the call. */
    private static void whileThere(Runnable action) {
        try {
            action.run();
        } catch (IllegalStateException e) {
            throw new CallException(405, e.getMessage() + ".");
        }
    }

    private HttpResponse takingDown(Runnable action) {
        booted();
        return vmm.endsWithMachine() ? HttpResponse.doneThen(action) : done(action);
    }

    private HttpResponse delete() {
        created();
        return vmm.endsWithMachine() ? HttpResponse.doneThen(vmm::delete) : done(vmm::delete);
    }
}
