package dev.hosta.cli;

import dev.hosta.linux.PidFile;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Does on a second CPU, while the command line is read, what every run needs next and no archive
 * holds: the code that the JVM generates for its first accesses to foreign memory, and the native
 * library. docs/startup.md has the figures.
 *
 * <p>Threading: one thread of its own; whoever needs what it loads calls {@link #await} first, so
 * that no two threads initialise those classes of the JDK at once.
 */
final class WarmUp {
    private final Thread thread = new Thread(WarmUp::load, "warm-up");

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits until all is loaded. */
    void await() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void load() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(Long.BYTES, Long.BYTES);
            memory.set(ValueLayout.JAVA_LONG, 0, 1);
            memory.set(ValueLayout.JAVA_INT, 0, memory.get(ValueLayout.JAVA_INT, 0));
            memory.set(ValueLayout.JAVA_SHORT, 0, memory.get(ValueLayout.JAVA_SHORT, 0));
            memory.set(ValueLayout.JAVA_BYTE, 0, memory.get(ValueLayout.JAVA_BYTE, 0));
            PidFile.ownPid();
        } catch (LinkageError e) {
            // The run meets it again and says so in its own place.
            return;
        }
    }
}
