package dev.hosta.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Host memory for tests. */
final class TestHost {
    private TestHost() {}

    /** An address range that nothing stands behind: for maps whose memory is never touched. */
    @SuppressWarnings("restricted")
    static HostArea untouchable(String name, long hva, long sizeBytes) {
        return new HostArea(name, MemorySegment.ofAddress(hva).reinterpret(sizeBytes));
    }

    /** Real memory. */
    static HostArea real(Arena arena, String name, long sizeBytes) {
        return new HostArea(name, arena.allocate(sizeBytes, 4096));
    }
}
