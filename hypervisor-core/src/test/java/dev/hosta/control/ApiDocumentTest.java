package dev.hosta.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.control.http.HttpRequest;
import dev.hosta.control.http.HttpResponse;
import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;
import dev.hosta.machine.VirtualMachine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The API against the table of Cloud Hypervisor's document: each call, each field, each answer. */
class ApiDocumentTest {
    private static final ApiDocument DOCUMENT = ApiDocument.load();

    /** A description that asks for one of everything that is taken. */
    private static final String FULL =
            """
            {"cpus": {"boot_vcpus": 2, "max_vcpus": 2, "nested": true, "affinity": []},
             "memory": {"size": 134217728, "prefault": true, "thp": true},
             "payload": {"kernel": "/k", "initramfs": "/i", "cmdline": "quiet"},
             "disks": [{"path": "/d", "readonly": true, "direct": true, "id": "root",
                        "image_type": "Raw", "queue_size": 128, "rate_limiter_config":
                        {"bandwidth": {"size": 2048, "refill_time": 500},
                         "ops": {"size": 100, "refill_time": 1000}}}],
             "net": [{"tap": "tap0", "mac": "02:00:00:12:34:56", "mtu": 1400, "id": "n",
                      "num_queues": 2, "offload_tso": true, "rate_limiter_config":
                      {"bandwidth": {"size": 1000, "refill_time": 1000}}}],
             "rng": {"src": "/dev/urandom"},
             "serial": {"mode": "File", "file": "/s"},
             "console": {"mode": "Socket", "socket": "/c"}}
            """;

    /** What is taken of each object; every other field of the document is refused by its name. */
    private static final Map<String, String> TAKEN =
            Map.of(
                    "VmConfig", "console cpus disks memory net payload rng serial",
                    "PayloadConfig", "cmdline initramfs kernel",
                    "CpusConfig", "affinity boot_vcpus core_scheduling max_vcpus nested",
                    "MemoryConfig",
                            "hotplug_method hugepage_size hugepages prefault reserve shared size"
                                    + " thp",
                    "DiskConfig",
                            "direct id image_type lock_granularity num_queues path queue_affinity"
                                    + " queue_size rate_limiter_config readonly serial sparse",
                    "NetConfig",
                            "id mac mtu num_queues offload_csum offload_tso offload_ufo queue_size"
                                    + " rate_limiter_config tap vhost_mode",
                    "RngConfig", "src",
                    "SerialConfig", "file mode socket",
                    "ConsoleConfig", "file mode socket");

    /** Calls of which the document does not say what they answer without a VM. */
    private static final Set<String> NOT_CREATED =
            Set.of("vm.counters", "vm.delete", "vm.nmi", "vm.send-migration");

    /** A VMM with the VM that a test gives it, or none. */
    private static final class HeldVmm implements Vmm {
        private final ConsoleHub hub = new ConsoleHub(value -> {}, (bytes, offset, n) -> n);
        private final Saves saves = new Saves();
        private final Forks forks = new Forks("held");
        private final Migrations migrations = new Migrations();
        private Optional<VmView> vm = Optional.empty();

        private void hold(MachineSpec spec, SerialChoice serial, Optional<VirtualMachine> machine) {
            vm =
                    Optional.of(
                            new VmView(spec, serial, machine, System.nanoTime(), Optional.empty()));
        }

        @Override
        public String name() {
            return "held";
        }

        @Override
        public Optional<VmView> vm() {
            return vm;
        }

        @Override
        public void create(MachineSpec spec, SerialChoice serial) {
            hold(spec, serial, Optional.empty());
        }

        @Override
        public void restore(Path folder, boolean prefault) {
            throw new CallException(400, "There is nothing saved.");
        }

        @Override
        public Saves saves() {
            return saves;
        }

        @Override
        public Forks forks() {
            return forks;
        }

        @Override
        public Migrations migrations() {
            return migrations;
        }

        @Override
        public void boot() {
            vm.orElseThrow(CallException::notCreated);
        }

        @Override
        public void shutdown() {
            vm.orElseThrow().machine().orElseThrow().requestStop();
        }

        @Override
        public void reboot() {
            vm.orElseThrow(CallException::notCreated)
                    .machine()
                    .orElseThrow(CallException::notBooted);
        }

        @Override
        public void delete() {
            vm = Optional.empty();
        }

        @Override
        public void end() {
            vm = Optional.empty();
        }

        @Override
        public boolean endsWithMachine() {
            return false;
        }

        @Override
        public ConsoleHub console() {
            return hub;
        }
    }

    private final HeldVmm vmm = new HeldVmm();
    private final VmApi api = new VmApi(vmm, "0.0");

    private HttpResponse call(String method, String name, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return api.answer(
                new HttpRequest(method, "/api/v1/" + name, Map.of(), Map.of(), bytes, true));
    }

    static Stream<ApiDocument.Call> calls() {
        return DOCUMENT.calls().stream();
    }

    @ParameterizedTest
    @MethodSource("calls")
    void isAnsweredAsTheDocumentSaysOrRefused(ApiDocument.Call call) {
        String body =
                switch (call.request()) {
                    case "" -> "";
                    case "VmSnapshotConfig", "VmCoredumpData" ->
                            "{\"destination_url\": \"file:///nowhere/x\"}";
                    case "SendMigrationData" -> "{\"destination_url\": \"tcp:127.0.0.1:4444\"}";
                    case "ReceiveMigrationData" -> "{\"receiver_url\": \"unix:/nowhere/x\"}";
                    case "RestoreConfig" -> "{\"source_url\": \"file:///nowhere/x\"}";
                    default -> FULL;
                };
        HttpResponse answer = call(call.method(), call.name(), body);
        assertEquals(!call.supported(), isUnsupported(answer), call + " gave " + answer);
        if (call.supported()) {
            assertTrue(
                    call.codes().contains((long) answer.status())
                            || NOT_CREATED.contains(call.name()) && answer.status() == 404,
                    call + " gave " + answer);
        }
        if (answer.status() >= 400) {
            DOCUMENT.check("[string]", Json.read(answer.body()), call.name());
        }
        String wrong = call.method().equals("GET") ? "PUT" : "GET";
        assertEquals(400, call(wrong, call.name(), body).status(), call.name());
        String other = body.isEmpty() ? "{}" : "";
        if (call.method().equals("PUT")) {
            assertEquals(400, call("PUT", call.name(), other).status(), call.name());
        }
    }

    private static boolean isUnsupported(HttpResponse answer) {
        return answer.status() == 500 && answer.body().contains("Hosta does not support");
    }

    @Test
    void nothingElseOfTheDocumentIsThere() {
        assertEquals(404, call("GET", "vm.nonsense", "").status());
        assertEquals(31, DOCUMENT.calls().size());
    }

    @ParameterizedTest
    @MethodSource("objects")
    void eachFieldIsTakenOrRefusedByName(String type) {
        TreeSet<String> taken = new TreeSet<>();
        for (Map.Entry<?, ?> field : DOCUMENT.fields(type).entrySet()) {
            String name = field.getKey().toString();
            try {
                ChConfig.read(asking(type, name, field.getValue().toString()), "vm");
                taken.add(name);
            } catch (CallException e) {
                assertEquals(400, e.status());
                assertTrue(e.getMessage().contains(name), name + ": " + e.getMessage());
            }
        }
        assertEquals(TAKEN.get(type), String.join(" ", taken));
        String unknown = asking(type, "no_such_field", "string");
        assertThrows(CallException.class, () -> ChConfig.read(unknown, "vm"));
    }

    static Stream<String> objects() {
        return TAKEN.keySet().stream().sorted();
    }

    /** A small description in which one field asks for something. */
    private static String asking(String type, String field, String fieldType) {
        Map<String, String> places =
                Map.of(
                        "PayloadConfig", "payload",
                        "CpusConfig", "cpus",
                        "MemoryConfig", "memory",
                        "DiskConfig", "disks",
                        "NetConfig", "net",
                        "RngConfig", "rng",
                        "SerialConfig", "serial",
                        "ConsoleConfig", "console");
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("payload", new LinkedHashMap<>(Map.of("kernel", "/k")));
        Map<String, Object> object = config;
        if (!type.equals("VmConfig")) {
            Map<String, Object> inner = new LinkedHashMap<>();
            switch (type) {
                case "PayloadConfig" -> inner.put("kernel", "/k");
                case "DiskConfig" -> inner.put("path", "/d");
                case "NetConfig" -> inner.put("tap", "tap0");
                default -> {}
            }
            boolean list = type.equals("DiskConfig") || type.equals("NetConfig");
            config.put(places.get(type), list ? List.of(inner) : inner);
            object = inner;
        }
        object.putIfAbsent(field, value(field, fieldType));
        if (field.equals("max_vcpus")) {
            object.put("boot_vcpus", 1);
        }
        return Json.write(config);
    }

    /** A value of a type that asks for something, and one that is right where Hosta takes it. */
    private static Object value(String field, String type) {
        return switch (field) {
            case "mac", "host_mac" -> "02:00:00:12:34:56";
            case "src" -> "/dev/random";
            case "mode", "vhost_mode" -> field.equals("mode") ? "Null" : "Client";
            case "image_type" -> "Raw";
            case "size" -> 1 << 28;
            case "mtu" -> 1500;
            case "hugepage_size" -> 2 << 20;
            case "boot_vcpus", "max_vcpus" -> 1;
            case "payload" -> Map.of("kernel", "/k");
            default -> {
                if (type.startsWith("[")) {
                    yield List.of(value("", type.substring(1, type.length() - 1)));
                }
                yield switch (type) {
                    case "string" -> "x";
                    case "integer" -> 1;
                    case "boolean" -> true;
                    default -> example(type);
                };
            }
        };
    }

    private static Object example(String type) {
        return switch (type) {
            case "CpusConfig" -> Map.of("boot_vcpus", 1);
            case "MemoryConfig" -> Map.of("size", 1 << 28);
            case "DiskConfig" -> Map.of("path", "/d");
            case "NetConfig" -> Map.of("tap", "tap0");
            case "RngConfig" -> Map.of("src", "/dev/urandom");
            case "SerialConfig", "ConsoleConfig" -> Map.of("mode", "Null");
            case "RateLimiterConfig" ->
                    Map.of("bandwidth", Map.of("size", 1000, "refill_time", 1000));
            case "CoreSchedulingMode" -> "Vm";
            default -> Map.of("x", "asked");
        };
    }

    @Test
    void showsWhatWasAskedForInTheDocumentsForm() {
        DOCUMENT.check("VmConfig", Json.read(FULL), "request");
        assertEquals(204, call("PUT", "vm.create", FULL).status());
        HttpResponse info = call("GET", "vm.info", "");
        assertEquals(200, info.status());
        DOCUMENT.check("VmInfo", Json.read(info.body()), "vm.info");
        for (String shown :
                List.of(
                        "\"tap\":\"tap0\"",
                        "\"mtu\":1400",
                        "\"mac\":\"02:00:00:12:34:56\"",
                        "\"socket\":\"/c\"",
                        "\"rng\":{\"src\":\"/dev/urandom\"}",
                        "\"state\":\"Created\"")) {
            assertTrue(info.body().contains(shown), info.body());
        }
        Map<?, ?> config = (Map<?, ?>) ((Map<?, ?>) Json.read(info.body())).get("config");
        ChConfig again = ChConfig.read(Json.write(config), "held");
        assertEquals(vmm.vm().orElseThrow().spec(), again.spec());
        assertEquals(4096, again.spec().disks().getFirst().rate().bytesPerSecond());
    }

    @Test
    void refusesDevicesThatCannotBe() {
        for (String part :
                List.of(
                        "\"net\": [{\"mac\": \"02:00:00:00:00:01\"}]",
                        "\"net\": [{\"tap\": \"a/b\"}]",
                        "\"net\": [{\"tap\": \"t\", \"mtu\": 5}]",
                        "\"net\": [{\"tap\": \"t\", \"mac\": \"01:00:00:00:00:01\"}]",
                        "\"net\": [{\"tap\": \"t\", \"offload_csum\": false}]",
                        "\"rng\": {\"src\": \"/dev/sda\"}",
                        "\"console\": {\"mode\": \"Pty\"}",
                        "\"console\": {\"mode\": \"File\"}",
                        "\"console\": {\"mode\": \"Tty\"}",
                        "\"disks\": [{\"path\": \"/d\", \"rate_limiter_config\":"
                                + " {\"ops\": {\"size\": 1}}}]",
                        "\"disks\": [{\"path\": \"/d\", \"rate_limiter_config\": {\"ops\":"
                                + " {\"size\": 1, \"refill_time\": 1, \"one_time_burst\": 1}}}]")) {
            String body = "{\"payload\": {\"kernel\": \"/k\"}, " + part + "}";
            HttpResponse answer = call("PUT", "vm.create", body);
            assertEquals(400, answer.status(), part + " gave " + answer);
            assertFalse(vmm.vm().isPresent());
        }
    }

    @Test
    @RequiresKvm
    void answersForAMachineThatRuns(@TempDir Path folder) throws IOException {
        try (TestGuest guest = new TestGuest("echo", "", 1)) {
            vmm.hold(guest.machine.spec(), new SerialChoice.None(), Optional.of(guest.machine));
            guest.machine.start();
            guest.await("echo ready");
            for (ApiDocument.Call call : DOCUMENT.calls()) {
                if (!call.reply().isEmpty() && call.method().equals("GET")) {
                    HttpResponse answer = call("GET", call.name(), "");
                    assertEquals(200, answer.status(), call + " gave " + answer);
                    DOCUMENT.check(call.reply(), Json.read(answer.body()), call.name());
                }
            }
            String to = "{\"destination_url\": \"file://" + folder.resolve("core") + "\"}";
            assertEquals(204, call("PUT", "vm.coredump", to).status());
            assertTrue(Files.size(folder.resolve("core")) > guest.machine.ram().sizeBytes());
            for (String name : List.of("vm.pause", "vm.nmi", "vm.resume", "vm.power-button")) {
                assertEquals(204, call("PUT", name, "").status(), name);
            }
            guest.await("guest: exception 2 ");
            assertEquals(204, call("PUT", "vm.shutdown", "").status());
            guest.end();
        }
    }
}
