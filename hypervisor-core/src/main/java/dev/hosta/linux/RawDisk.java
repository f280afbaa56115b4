package dev.hosta.linux;

import dev.hosta.device.backend.BlockBackend;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk whose blocks stand in a file or block device just as the guest sees them.
 *
 * <p>Requests go straight between the file and guest memory, by the engine that was chosen; {@link
 * DiskRequests} says by which system calls.
 *
 * <p>Threading: see {@link BlockBackend}; {@link #attach} first, by the control thread. Requests
 * are submitted on the attached loop's thread.
 */
public final class RawDisk implements BlockBackend {
    private static final System.Logger LOG = System.getLogger(RawDisk.class.getName());

    private final OpenDisk disk;
    private final String serial;
    private final DiskRequests requests;
    private final DiskEngine engine;
    private volatile boolean closed;

    private RawDisk(OpenDisk disk, String serial, DiskEngine engine) {
        this.disk = disk;
        this.serial = serial;
        this.requests = new DiskRequests(disk);
        this.engine = engine;
    }

    /** Opens a disk with the engine that suits it best. */
    public static RawDisk open(
            Path path, boolean readOnly, CacheMode cache, boolean surelyRaw, String serial) {
        return open(path, readOnly, cache, surelyRaw, serial, EngineChoice.AUTO);
    }

    /**
     * Opens and locks a disk: alone for one who writes, with other readers otherwise.
     *
     * @param path file or block device
     * @param readOnly whether writes are refused
     * @param cache how writes travel
     * @param surelyRaw whether it is raw even where it looks like an image of another format
     * @param serial what the guest reads as serial number, 1 to 20 ASCII characters
     * @param choice who carries out requests
     * @throws DiskException where it is no disk that can be used so
     */
    public static RawDisk open(
            Path path,
            boolean readOnly,
            CacheMode cache,
            boolean surelyRaw,
            String serial,
            EngineChoice choice) {
        OpenDisk disk = OpenDisk.open(path, readOnly, cache, surelyRaw);
        try {
            return new RawDisk(disk, serial, engine(disk, serial, choice));
        } catch (RuntimeException e) {
            disk.close();
            throw e;
        }
    }

    private static DiskEngine engine(OpenDisk disk, String serial, EngineChoice choice) {
        return switch (choice) {
            case THREADS -> new ThreadEngine(disk.fd(), serial);
            case IO_URING -> {
                try {
                    yield new UringEngine(disk.fd(), disk.cache() != CacheMode.NONE);
                } catch (LinuxException e) {
                    throw new DiskException(
                            "Cannot use "
                                    + disk.path()
                                    + " with engine=io_uring: "
                                    + e.call()
                                    + " failed, errno="
                                    + Errno.describe(e.errno())
                                    + ". "
                                    + e.hint());
                }
            }
            case AUTO -> ringOrThreads(disk, serial);
        };
    }

    private static DiskEngine ringOrThreads(OpenDisk disk, String serial) {
        try {
            return new UringEngine(disk.fd(), disk.cache() != CacheMode.NONE);
        } catch (LinuxException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "The disk " + serial + " uses threads: " + e.getMessage());
            return new ThreadEngine(disk.fd(), serial);
        }
    }

    /**
     * Says on which thread requests will be submitted. Once, before the first.
     *
     * @param loop of the device; outlives {@link #close}
     */
    public void attach(EventLoop loop) {
        engine.attach(loop);
    }

    /** Who carries out requests: {@link EngineChoice#THREADS} or {@link EngineChoice#IO_URING}. */
    public EngineChoice engine() {
        return engine.kind();
    }

    @Override
    public Geometry geometry() {
        return disk.geometry();
    }

    @Override
    public boolean isReadOnly() {
        return disk.readOnly();
    }

    @Override
    public boolean hasWriteCache() {
        return disk.cache() != CacheMode.WRITETHROUGH;
    }

    @Override
    public String serial() {
        return serial;
    }

    /** Requests that the host failed, since the start. */
    public long errorCount() {
        return requests.errorCount();
    }

    @Override
    public void read(long offset, List<MemorySegment> to, Completion completion) {
        engine.submit(requests.transfer(false, offset, to), completion);
    }

    @Override
    public void write(long offset, List<MemorySegment> from, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        engine.submit(requests.transfer(true, offset, from), completion);
    }

    @Override
    public void flush(Completion completion) {
        engine.submit(requests.flush(), completion);
    }

    /**
     * Makes all completed writes durable, on the calling thread. The device is paused, so that
     * nothing else is submitted.
     *
     * @return whether the host could
     */
    public boolean flushNow() {
        return requests.flushHere() == Result.OK;
    }

    @Override
    public void discard(long offset, long lengthBytes, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        engine.submit(requests.discard(offset, lengthBytes), completion);
    }

    @Override
    public void writeZeroes(
            long offset, long lengthBytes, boolean mayUnmap, Completion completion) {
        if (disk.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        engine.submit(requests.writeZeroes(offset, lengthBytes, mayUnmap), completion);
    }

    @Override
    public void kick() {
        engine.kick();
    }

    @Override
    public void drain() {
        engine.drain();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            engine.close();
            disk.close();
        }
    }
}
