package dev.hosta.junit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What a test costs that goes on from a warm guest of which 512 MiB were written, beside one that
 * boots the same: from before its guest is made to that one's first answer, and from one test's
 * beginning to the next one's. Prints figures and asserts none.
 */
@Tag("bench")
final class WarmGuestBenchTest {
    private static final String ECHO = "../src-test-images/built/echo.elf";

    /** Times of one kind, in the order in which they were taken. */
    private static final class Times {
        private final List<Long> nanos = new ArrayList<>();

        void add(long time) {
            nanos.add(time);
        }

        void print(String what) {
            List<Long> sorted = new ArrayList<>(nanos);
            Collections.sort(sorted);
            System.out.printf(
                    Locale.ROOT,
                    "%s, %d: median %.1f ms, p99 %.1f, min %.1f, max %.1f; the first %.1f%n",
                    what,
                    sorted.size(),
                    sorted.get(sorted.size() / 2) / 1e6,
                    sorted.get(sorted.size() * 99 / 100) / 1e6,
                    sorted.getFirst() / 1e6,
                    sorted.getLast() / 1e6,
                    nanos.getFirst() / 1e6);
        }
    }

    /** The same test, whatever its guest goes on from. */
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    private abstract static class Measured {
        private final Times first = new Times();
        private final Times whole = new Times();
        private long begin;

        @BeforeEach
        void begin() {
            long now = System.nanoTime();
            if (begin != 0) {
                whole.add(now - begin);
            }
            begin = now;
        }

        void answers(Guest guest) {
            guest.console().send("x");
            guest.console().expect("x");
            first.add(System.nanoTime() - begin);
        }

        void print(String what) throws IOException {
            String load = Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
            System.out.println(what + ", 512 MiB written, load " + load);
            first.print("  to the first answer");
            whole.print("  test after test");
        }
    }

    @Nested
    @GuestTest(kernel = ECHO, append = "512", memory = "576M", timeout = "60s")
    @WarmGuest(until = "echo ready\n")
    final class Warm extends Measured {
        @RepeatedTest(1000)
        void warm(Guest guest) {
            answers(guest);
        }

        @AfterAll
        void print() throws IOException {
            print("warm guests");
        }
    }

    @Nested
    @GuestTest(kernel = ECHO, append = "512", memory = "576M", timeout = "60s")
    final class Cold extends Measured {
        @RepeatedTest(5)
        void cold(Guest guest) {
            guest.console().expect("echo ready\n");
            answers(guest);
        }

        @AfterAll
        void print() throws IOException {
            print("cold boots");
        }
    }
}
