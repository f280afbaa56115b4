package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend.Completion;
import dev.hosta.device.backend.BlockBackend.Result;

/**
 * Requests as blocking system calls on a few threads: for every kernel, and where a call would
 * block the kernel's own threads all the same.
 *
 * <p>Threading: as {@link DiskEngine}; completions are called by the workers.
 */
final class ThreadEngine implements DiskEngine {
    private volatile int fd = -1;
    private final DiskWorkers workers;

    /**
     * Starts the threads.
     *
     * @param name of the disk, for the threads' names
     * @throws LinuxException where the host has no threads
     */
    ThreadEngine(String name) {
        this.workers = new DiskWorkers(name);
        try {
            workers.start();
        } catch (LinuxException e) {
            workers.close();
            throw e;
        }
    }

    @Override
    public void serve(FileDescriptor file) {
        fd = file.number();
    }

    @Override
    public EngineChoice kind() {
        return EngineChoice.THREADS;
    }

    @Override
    public void attach(EventLoop loop) {}

    @Override
    public void submit(DiskStep first, Completion completion) {
        workers.submit(scratch -> run(first, scratch), completion);
    }

    private Result run(DiskStep first, DiskScratch scratch) {
        DiskStep step = first;
        while (true) {
            switch (step) {
                case DiskStep.Call(var call, var then) -> step = then.apply(perform(call, scratch));
                case DiskStep.Borrow(var then) -> step = then.apply(scratch.buffer());
                case DiskStep.End(Result result) -> {
                    return result;
                }
            }
        }
    }

    private int perform(DiskCall call, DiskScratch scratch) {
        long n =
                switch (call) {
                    case DiskCall.Transfer(boolean write, long offset, SegmentCursor at) -> {
                        long vectors = scratch.vectors().address();
                        int count = at.fill(scratch.vectors());
                        yield write
                                ? Native.LIBC.pwritev(fd, vectors, count, offset)
                                : Native.LIBC.preadv(fd, vectors, count, offset);
                    }
                    case DiskCall.Sync() -> Native.LIBC.fdatasync(fd);
                    case DiskCall.Allocate(int mode, long offset, long lengthBytes) ->
                            Native.LIBC.fallocate(fd, mode, offset, lengthBytes);
                };
        return n < 0 ? -Native.errno() : (int) n;
    }

    @Override
    public void kick() {}

    @Override
    public void drain() {
        workers.drain();
    }

    @Override
    public void close() {
        workers.close();
    }
}
