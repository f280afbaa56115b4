package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.linux.LinuxException;
import dev.hosta.script.StepException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What a script asks the API of a VM in another process; a refusal is a step that fails.
 *
 * <p>Threading: any thread.
 *
 * @param name of the VM
 */
record VmmApi(String name) {
    private static final int LOOK_MILLIS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** How long it is until then; a little at least. */
    static Duration left(long endNanos) {
        return Duration.ofMillis(Math.max(1, (endNanos - System.nanoTime()) / 1_000_000));
    }

    /**
     * Asks.
     *
     * @param endNanos {@link System#nanoTime} after which to give up
     * @throws StepException where it is refused, or there is no VM
     */
    void ask(long endNanos, Consumer<ControlClient> question) {
        ask(left(endNanos), question);
    }

    /** Asks what is answered at once. */
    void ask(Consumer<ControlClient> question) {
        ask(PATIENCE, question);
    }

    private void ask(Duration patience, Consumer<ControlClient> question) {
        try (ControlClient vm = ControlClient.connect(name, patience)) {
            question.accept(vm);
        } catch (ControlException | LinuxException e) {
            throw SessionGuest.failed(e);
        }
    }

    /** Whether its guest is there, and can be asked for. */
    boolean isServed(long endNanos) {
        try (ControlClient vm = ControlClient.connect(name, left(endNanos))) {
            return !"Created".equals(vm.get("vm.status").get("state"));
        } catch (ControlException | LinuxException e) {
            return false;
        }
    }

    /**
     * Waits until it can be asked.
     *
     * @throws StepException where it cannot be in time
     */
    void awaitServed(long endNanos) throws InterruptedException {
        while (true) {
            try {
                ControlClient.connect(name, left(endNanos)).close();
                return;
            } catch (ControlException | LinuxException e) {
                if (endNanos - System.nanoTime() <= 0) {
                    throw SessionGuest.failed(e);
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        }
    }

    /** The sum of what its devices count; 0 while it is between two processes, or has ended. */
    long counted() {
        long sum = 0;
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            for (Object counters : vm.get("vm.counters").values()) {
                if (counters instanceof Map<?, ?> map) {
                    for (Object value : map.values()) {
                        sum += value instanceof Number number ? number.longValue() : 0;
                    }
                }
            }
            return sum;
        } catch (ControlException | LinuxException e) {
            return 0;
        }
    }

    /** The copies of disks that were made for it as a fork, which is how they are named. */
    List<Path> copies(Map<?, ?> info) {
        List<Path> found = new ArrayList<>();
        if (info.get("config") instanceof Map<?, ?> config
                && config.get("disks") instanceof List<?> disks) {
            for (Object disk : disks) {
                if (disk instanceof Map<?, ?> map && map.get("path") instanceof String path) {
                    found.add(Path.of(path));
                }
            }
        }
        found.removeIf(path -> !path.toString().endsWith("." + name));
        return found;
    }
}
