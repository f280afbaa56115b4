package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;

/** A disk's spec under another name or in another file. */
final class DiskSpecTest {
    private static DiskSpec spec(String path, String id) {
        return new DiskSpec(Path.of(path), true, CacheMode.NONE, true, id, EngineChoice.THREADS);
    }

    @Test
    void keepsAllElse() {
        assertEquals(spec("b", "x"), spec("a", "x").withPath(Path.of("b")));
        assertEquals(spec("a", "y"), spec("a", "x").withId("y"));
    }
}
