package dev.hosta.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Map;

/** The rules against made-up sources: each can fail, and leaves alone what is right. */
class ArchitectureRulesTest {
    @ParameterizedTest
    @CsvSource({
        // devices: the JDK only
        "dev.hosta.device.legacy, java.util.List, true",
        "dev.hosta.device.legacy, dev.hosta.device.bus.BusDevice, true",
        "dev.hosta.device.legacy, dev.hosta.kvm.Kvm, false",
        "dev.hosta.device.legacy, jnr.ffi.Pointer, false",
        "dev.hosta.device.legacy, org.example.Thing, false",
        // virtio devices know neither transport, bus nor one another
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.queue.SplitQueue, true",
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.abi.VirtioBlk, true",
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.VirtioDevice, true",
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.block.Parser, true",
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.net.NetDevice, false",
        "dev.hosta.device.virtio.block, dev.hosta.device.virtio.transport.Mmio, false",
        "dev.hosta.device.virtio.block, dev.hosta.device.bus.BusDevice, false",
        "dev.hosta.device.virtio.transport, dev.hosta.device.bus.BusDevice, true",
        // abi imports nothing of ours
        "dev.hosta.kvm.abi, jnr.ffi.Pointer, true",
        "dev.hosta.kvm.abi, dev.hosta.linux.LibC, false",
        "dev.hosta.kvm.abi, dev.hosta.device.bus.BusDevice, false",
        "dev.hosta.device.virtio.abi, dev.hosta.device.virtio.VirtioDevice, false",
        // libraries
        "dev.hosta.linux, jnr.ffi.Pointer, true",
        "dev.hosta.kvm, jnr.ffi.Pointer, true",
        "dev.hosta.linux, com.kenai.jffi.Invoker, true",
        "dev.hosta.kvm, com.kenai.jffi.Invoker, false",
        "dev.hosta.memory, jnr.ffi.Pointer, false",
        "dev.hosta.snapshot, com.fasterxml.jackson.core.JsonParser, true",
        "dev.hosta.machine, com.fasterxml.jackson.core.JsonParser, false",
        "dev.hosta.migration, net.jpountz.lz4.LZ4Compressor, true",
        "dev.hosta.snapshot, net.jpountz.lz4.LZ4Compressor, false",
        "dev.hosta.cli, picocli.CommandLine, true",
        "dev.hosta.control, picocli.CommandLine, false",
        "dev.hosta.cli, org.slf4j.Logger, false",
        "dev.hosta.junit, org.junit.jupiter.api.Test, true",
        "dev.hosta.script, org.junit.jupiter.api.Test, false",
        // core from the bottom up
        "dev.hosta.kvm, dev.hosta.kvm.abi.KvmRegs, true",
        "dev.hosta.kvm, dev.hosta.linux.*, true",
        "dev.hosta.linux, dev.hosta.kvm.Kvm, false",
        "dev.hosta.linux, dev.hosta.kvm.*, false",
        "dev.hosta.memory, dev.hosta.kvm.KvmVm, true",
        "dev.hosta.kvm, dev.hosta.memory.StageTwoMap, false",
        "dev.hosta.boot, dev.hosta.memory.GuestRam, true",
        "dev.hosta.boot, dev.hosta.vcpu.VcpuState, false",
        "dev.hosta.vcpu, dev.hosta.boot.BootState, false",
        "dev.hosta.machine, dev.hosta.boot.BootState, true",
        "dev.hosta.machine, dev.hosta.snapshot.Reader, false",
        "dev.hosta.migration, dev.hosta.snapshot.Reader, true",
        "dev.hosta.snapshot, dev.hosta.migration.Source, false",
        "dev.hosta.control, dev.hosta.migration.Source, true",
        "dev.hosta.machine, dev.hosta.device.bus.AddressSpace, true",
        "dev.hosta.cli, dev.hosta.machine.VirtualMachine, true",
        "dev.hosta.junit, dev.hosta.script.ConsoleText, true",
        "dev.hosta.script, dev.hosta.junit.Guest, false",
        "dev.hosta.machine, dev.hosta.cli.Main, false",
        "dev.hosta.machine, dev.hosta.machine.Board, true",
    })
    void importsFollowTheDesign(String own, String imported, boolean allowed) {
        assertEquals(
                allowed ? 0 : 1,
                check(own, "import " + imported + ";\n/** Doc. */ class Thing {}").size());
    }

    @Test
    void staticImportsAndWrittenOutNamesCount() {
        assertComplaint(
                "dev.hosta.linux",
                "import static dev.hosta.kvm.Kvm.open;\nclass Thing {}",
                "dev/hosta/linux/Thing.java:2: dev.hosta.linux may import lower packages only, "
                        + "not dev.hosta.kvm.Kvm.open");
        assertComplaint(
                "dev.hosta.memory",
                "class Thing {\n  void map() { jnr.ffi.Runtime.getSystemRuntime(); }\n}",
                ":3: dev.hosta.memory may not use jnr.ffi.Runtime");
        assertComplaint(
                "dev.hosta.device.bus",
                "class Thing { dev.hosta.kvm.Kvm kvm; }",
                "imports the JDK only, not dev.hosta.kvm.Kvm");
        assertEquals(
                List.of(),
                check("dev.hosta.linux", "class Thing { int a(Box io) { return io.X; } }"));
    }

    @Test
    void onlyTheSpecReaderInMachineKnowsJackson() {
        String source = "package dev.hosta.machine; import com.fasterxml.jackson.core.JsonParser;";
        assertEquals(List.of(), at("SpecReader", source));
        assertEquals(1, at("Board", source).size());
    }

    @Test
    void aPackageOutsideTheDesignIsRefused() {
        assertComplaint("dev.hosta.extras", "class Thing {}", "has no place in the design");
        assertEquals(List.of(), check("dev.hosta.device.virtio.rng", "class Thing {}"));
    }

    @ParameterizedTest
    @CsvSource({
        "VmManager, false",
        "ByteUtils, false",
        "MiscThings, false",
        "ReadHelper, false",
        "Futile, true",
        "Managed, true",
        "CommonBus, false",
    })
    void emptyNamesAreRefused(String name, boolean allowed) {
        assertEquals(
                allowed ? 0 : 1,
                check("dev.hosta.linux", "class Thing { class " + name + " {} }").size());
    }

    @Test
    void emptyPackageNamesAreRefused() {
        assertComplaint("dev.hosta.linux.util", "class Thing {}", "util says nothing");
    }

    @Test
    void publicDeclarationsNeedADocComment() {
        List<String> found =
                check(
                        "dev.hosta.linux",
                        """
                        public class Thing {
                            public Thing() {}
                            protected void reach() {}
                            /** Said. */
                            public void said() {}
                            /* not a doc comment */
                            public void unsaid() {}
                            @Override public String toString() { return ""; }
                            void inside() {}
                            private static class Inner { public void hidden() {} }
                            /** Said. */
                            public interface Face {
                                void implicit();
                                record Part(int x) { public int x() { return x; } }
                            }
                        }
                        """);
        assertEquals(
                List.of(
                        "2: no doc comment on Thing",
                        "3: no doc comment on Thing.<init>",
                        "4: no doc comment on Thing.reach",
                        "8: no doc comment on Thing.unsaid",
                        "14: no doc comment on Face.implicit",
                        "15: no doc comment on Part"),
                found.stream().map(line -> line.replaceFirst("^[^:]*:", "")).toList());
        assertEquals(
                List.of(), check("dev.hosta.linux", "class Thing { public void hidden() {} }"));
    }

    @Test
    void longFilesAreRefused() {
        String lines = "//\n".repeat(ArchitectureRules.MOST_LINES - 2);
        assertEquals(List.of(), check("dev.hosta.linux", lines + "class Thing {}"));
        assertComplaint(
                "dev.hosta.linux", lines + "\nclass Thing {}", "401 lines; split what changes");
    }

    @Test
    void testsAreFreeToImportButNotToBeLongOrToBeNamedBadly() {
        String path = "cli/src/test/java/dev/hosta/cli/ThingTest.java";
        String source = "package dev.hosta.linux; import dev.hosta.cli.Main;\n";
        assertEquals(List.of(), violations(path, source));
        assertEquals(2, violations(path, source + "class TestHelper {}" + "\n".repeat(500)).size());
    }

    private static void assertComplaint(String packageName, String source, String part) {
        List<String> found = check(packageName, source);
        assertEquals(1, found.size(), found::toString);
        assertTrue(found.getFirst().contains(part), found::toString);
    }

    private static List<String> check(String packageName, String source) {
        String path = "core/src/main/java/" + packageName.replace('.', '/') + "/Thing.java";
        String text = "package " + packageName + ";\n" + source;
        return violations(path, text);
    }

    private static List<String> at(String name, String source) {
        String path = "core/src/main/java/dev/hosta/machine/" + name + ".java";
        return violations(path, source);
    }

    private static List<String> violations(String path, String source) {
        return ArchitectureRules.violations(SourceParser.parse(Map.of(path, source)).getFirst());
    }
}
