package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.hosta.device.backend.BlockBackend.Result;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/** The steps of requests, with results that no real file gives on demand. */
final class DiskRequestsTest {
    private final Arena arena = Arena.ofConfined();
    private Path folder;
    private OpenDisk disk;
    private DiskRequests requests;

    @BeforeEach
    void openDisk() throws IOException {
        folder = DiskFolder.make();
        Path file = DiskFolder.file(folder, "disk.img", new byte[1 << 20]);
        disk = OpenDisk.open(file, false, CacheMode.WRITETHROUGH, true);
        requests = new DiskRequests(disk);
    }

    @AfterEach
    void closeDisk() throws IOException {
        disk.close();
        DiskFolder.delete(folder);
        arena.close();
    }

    private static DiskStep after(DiskStep step, int result) {
        return assertInstanceOf(DiskStep.Call.class, step).then().apply(result);
    }

    private static DiskCall call(DiskStep step) {
        return assertInstanceOf(DiskStep.Call.class, step).call();
    }

    private static Result end(DiskStep step) {
        return assertInstanceOf(DiskStep.End.class, step).result();
    }

    @Test
    void continuesShortTransfers() {
        List<MemorySegment> memory = List.of(arena.allocate(4096), arena.allocate(4096));
        DiskStep step = after(requests.transfer(true, 8192, memory), 5000);
        for (int interruption : List.of(-Errno.EINTR, -Errno.EAGAIN)) {
            step = after(step, interruption);
            DiskCall.Transfer rest = assertInstanceOf(DiskCall.Transfer.class, call(step));
            assertEquals(8192 + 5000, rest.offset());
            assertEquals(8192 - 5000, rest.at().remaining());
        }
        assertEquals(Result.OK, end(after(step, 8192 - 5000)));
        assertEquals(0, requests.errorCount());
    }

    @Test
    void failsWhereAFileEndsAndWhereTheHostFails() {
        List<MemorySegment> memory = List.of(arena.allocate(4096));
        assertEquals(Result.IO_ERROR, end(after(requests.transfer(false, 0, memory), 0)));
        assertEquals(Result.IO_ERROR, end(after(requests.transfer(true, 0, memory), -Errno.EIO)));
        assertEquals(2, requests.errorCount());
    }

    @Test
    void noFlushSucceedsAfterOneThatFailed() {
        DiskStep underWay = requests.flush();
        assertEquals(Result.OK, end(after(requests.flush(), 0)));
        assertEquals(Result.IO_ERROR, end(after(requests.flush(), -Errno.EIO)));
        assertEquals(Result.IO_ERROR, end(after(underWay, 0)));
        assertEquals(Result.IO_ERROR, end(requests.flush()));
    }

    @Test
    void writesZeroesWhereTheFileSystemKnowsNoBetterWay() {
        int length = DiskScratch.BUFFER_BYTES + 512;
        DiskStep step = after(requests.writeZeroes(512, length, true), -Errno.EOPNOTSUPP);
        MemorySegment buffer = arena.allocate(DiskScratch.BUFFER_BYTES).fill((byte) 7);
        step = assertInstanceOf(DiskStep.Borrow.class, step).then().apply(buffer);
        assertEquals(-1, buffer.mismatch(arena.allocate(DiskScratch.BUFFER_BYTES)));
        step = after(step, DiskScratch.BUFFER_BYTES);
        DiskCall.Transfer rest = assertInstanceOf(DiskCall.Transfer.class, call(step));
        assertEquals(512 + DiskScratch.BUFFER_BYTES, rest.offset());
        assertEquals(Result.OK, end(after(step, 512)));
    }

    @Test
    void makesHolesDurableWithoutAWriteCache() {
        DiskStep step = after(requests.discard(0, 4096), 0);
        assertInstanceOf(DiskCall.Sync.class, call(step));
        assertEquals(Result.OK, end(after(step, 0)));
        assertEquals(Result.UNSUPPORTED, end(after(requests.discard(0, 4096), -Errno.EOPNOTSUPP)));
    }
}
