package dev.hosta.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The rules against the whole project: every Java file of the three modules. */
class ArchitectureTest {
    private static final List<String> MODULES = List.of("device-models", "hypervisor-core", "cli");

    @Test
    void everyFileKeepsTheRules() throws IOException {
        Path root = projectRoot();
        Map<String, String> sources = new TreeMap<>();
        for (String module : MODULES) {
            for (Path path : javaFiles(root.resolve(module).resolve("src"))) {
                sources.put(root.relativize(path).toString(), Files.readString(path));
            }
        }
        assertTrue(sources.size() > 50, "found only " + sources.size() + " files below " + root);
        List<String> found = new ArrayList<>();
        for (SourceFile file : SourceParser.parse(sources)) {
            found.addAll(ArchitectureRules.violations(file));
        }
        assertEquals("", String.join("\n", found));
    }

    private static List<Path> javaFiles(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(path -> path.toString().endsWith(".java")).toList();
        }
    }

    private static Path projectRoot() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve(MODULES.getFirst()))) {
            at = at.getParent();
            if (at == null) {
                throw new IllegalStateException("Not inside the project: no device-models above");
            }
        }
        return at;
    }
}
