package dev.hosta.device.backend;

import java.lang.foreign.MemorySegment;

/** Where random bytes come from. Threading: the device's thread. */
@FunctionalInterface
public interface EntropySource {
    /** Fills all of {@code into} with bytes fit for keys; does not block for long. */
    void fill(MemorySegment into);
}
