package dev.hosta.kvm.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hosta.kvm.KvmCapability;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Java's view of kvm.h, the committed facts, and this host's headers are one and the same. */
class AbiGoldenTest {
    private static final Path SOURCES = Path.of("src/test/c/abi");
    private static final Path GOLDEN = SOURCES.resolve("kvm-abi.golden");

    @Test
    void javaSaysWhatTheGoldenFileSays() throws Exception {
        Map<String, Long> golden = new TreeMap<>();
        for (String line : facts(Files.readAllLines(GOLDEN))) {
            String[] words = line.split(" ");
            golden.put(javaKey(words[0], words[1]), Long.decode(words[2]));
        }
        assertEquals(golden, javaFacts());
    }

    @Test
    void theHeadersOfThisHostSayWhatTheGoldenFileSays(@TempDir Path directory) throws Exception {
        Path cc = Path.of("/usr/bin/cc");
        assumeTrue(Files.isExecutable(cc), "SKIPPED: no C compiler");
        Path program = directory.resolve("dump");
        run(
                List.of(
                        cc.toString(),
                        "-o",
                        program.toString(),
                        SOURCES.resolve("dump_kvm_abi.c").toString()),
                directory);
        List<String> printed = run(List.of(program.toString()), directory);
        List<String> golden = Files.readAllLines(GOLDEN);
        List<String> all = facts(golden);
        List<String> old = facts(golden.stream().filter(l -> !l.contains("# since")).toList());
        assertTrue(
                all.containsAll(printed), () -> "Not in the golden file: " + minus(printed, all));
        assertTrue(printed.containsAll(old), () -> "Not in this header: " + minus(old, printed));
    }

    private static List<String> minus(List<String> from, List<String> what) {
        return from.stream().filter(l -> !what.contains(l)).toList();
    }

    /** The lines without comments. */
    private static List<String> facts(List<String> lines) {
        return lines.stream()
                .filter(l -> !l.startsWith("#"))
                .map(l -> l.replaceFirst(" *#.*", ""))
                .toList();
    }

    /** "offset kvm_run.io.port" is RunLayout.IO_PORT, "const KVM_EXIT_IO" is EXIT_IO, and so on. */
    private static String javaKey(String kind, String name) {
        return switch (kind) {
            case "ioctl", "const" -> kind + " " + name;
            case "size" -> layout(name) + ".SIZE";
            case "offset" -> {
                int dot = name.indexOf('.');
                String field = name.substring(dot + 1).replace('.', '_').toUpperCase(Locale.ROOT);
                yield layout(name.substring(0, dot)) + "." + field;
            }
            default -> throw new IllegalStateException("Unknown fact: " + kind);
        };
    }

    private static String layout(String struct) {
        StringBuilder name = new StringBuilder();
        for (String word : struct.substring("kvm_".length()).split("_")) {
            name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
        }
        return name + "Layout";
    }

    private static Map<String, Long> javaFacts() throws Exception {
        Map<String, Long> facts = new TreeMap<>();
        for (KvmRequest request : KvmRequest.values()) {
            facts.put("ioctl " + request.cName(), request.number());
        }
        for (KvmCapability capability : KvmCapability.values()) {
            facts.put("const " + capability.cName(), (long) capability.number());
        }
        Path classes =
                Path.of(RunLayout.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                        .resolve("dev/hosta/kvm/abi");
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.toList()) {
                String simple = file.getFileName().toString().replace(".class", "");
                if (simple.endsWith("Layout")) {
                    constants(simple, simple + ".", facts);
                } else if (simple.equals("KvmExit") || simple.equals("KvmFlag")) {
                    constants(simple, "const KVM_", facts);
                }
            }
        }
        return facts;
    }

    private static void constants(String simple, String prefix, Map<String, Long> facts)
            throws Exception {
        for (Field field : Class.forName("dev.hosta.kvm.abi." + simple).getFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                facts.put(prefix + field.getName(), field.getLong(null));
            }
        }
    }

    private static List<String> run(List<String> command, Path directory)
            throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        int status = process.waitFor();
        assertEquals(0, status, () -> command + ": " + output);
        return Files.readAllLines(output);
    }
}
