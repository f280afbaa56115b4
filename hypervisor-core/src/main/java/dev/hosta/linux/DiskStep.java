package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Result;

import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import java.util.function.IntFunction;

/** What comes next for a request; the one after it is known once this one has ended. */
sealed interface DiskStep {
    /**
     * A system call.
     *
     * @param call what to carry out
     * @param then takes what it returned: a count, or {@code -errno}
     */
    record Call(DiskCall call, IntFunction<DiskStep> then) implements DiskStep {}

    /**
     * Needs a buffer of {@link DiskScratch#BUFFER_BYTES}, which it keeps until the request's end.
     *
     * @param then takes the buffer
     */
    record Borrow(Function<MemorySegment, DiskStep> then) implements DiskStep {}

    /**
     * The request has ended.
     *
     * @param result how
     */
    record End(Result result) implements DiskStep {}
}
