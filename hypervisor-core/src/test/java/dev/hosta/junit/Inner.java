package dev.hosta.junit;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.reporting.FileEntry;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Tests within a test, and what is there of this process before and after them. */
final class Inner {
    /**
     * How they went.
     *
     * @param failures what failed, by the test's method or class, and with what
     * @param files what was attached to each, by its method
     */
    record Result(Map<String, String> failures, Map<String, String> files, int passed) {}

    private Inner() {}

    /** Runs a class in parallel. */
    static Result run(Class<?> tests) {
        LauncherDiscoveryRequest request =
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectClass(tests))
                        .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                        .configurationParameter(
                                "junit.jupiter.execution.parallel.mode.default", "concurrent")
                        .configurationParameter(
                                "junit.jupiter.execution.parallel.config.strategy", "fixed")
                        .configurationParameter(
                                "junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                        .configurationParameter(
                                "junit.platform.reporting.output.dir", "target/junit-inner")
                        .build();
        Launcher launcher = LauncherFactory.create();
        Listener listener = new Listener();
        launcher.execute(request, listener);
        return new Result(listener.failures, listener.files, listener.passed.size());
    }

    private static final class Listener implements TestExecutionListener {
        private final Map<String, String> failures = new ConcurrentHashMap<>();
        private final Map<String, String> files = new ConcurrentHashMap<>();
        private final Map<String, Boolean> passed = new ConcurrentHashMap<>();

        private static String name(TestIdentifier test) {
            return test.getDisplayName().replaceFirst("\\(.*", "");
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            result.getThrowable()
                    .ifPresentOrElse(
                            e -> failures.put(name(test), String.valueOf(e.getMessage())),
                            () -> {
                                if (test.isTest()) {
                                    passed.put(test.getUniqueId(), true);
                                }
                            });
        }

        @Override
        public void fileEntryPublished(TestIdentifier test, FileEntry entry) {
            try (Stream<Path> logs = Files.list(entry.getPath())) {
                for (Path log : logs.toList()) {
                    files.merge(
                            name(test),
                            Files.readString(log, StandardCharsets.ISO_8859_1),
                            String::concat);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The names of all threads that are to stay; those that soon end are waited for. */
    static List<String> threads() throws InterruptedException {
        TreeSet<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("migration-announce")) {
                thread.join(10_000);
            }
            if (thread.isAlive() && !thread.getName().startsWith("ForkJoinPool")) {
                names.add(thread.getName());
            }
        }
        return List.copyOf(names);
    }

    static long openFiles() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Temporary folders of guests. */
    static List<Path> folders() {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (Stream<Path> all = Files.list(temporary)) {
            return all.filter(path -> path.getFileName().toString().startsWith(Scratch.PREFIX))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
