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
 * <p>While its device is paused, a disk may be let go of, so that another process can have it, and
 * taken up again; one may also begin that way.
 *
 * <p>Threading: see {@link BlockBackend}; {@link #attach} first, by the control thread. Requests
 * are submitted on the attached loop's thread.
 */
public final class RawDisk implements BlockBackend {
    private static final System.Logger LOG = System.getLogger(RawDisk.class.getName());

    /** How the file is opened, each time that it is. */
    private record Way(
            Path path,
            boolean readOnly,
            CacheMode cache,
            boolean surelyRaw,
            String serial,
            EngineChoice choice) {
        Held open() {
            OpenDisk disk = OpenDisk.open(path, readOnly, cache, surelyRaw);
            try {
                return new Held(disk, new DiskRequests(disk), RawDisk.engine(disk, serial, choice));
            } catch (RuntimeException e) {
                disk.close();
                throw e;
            }
        }
    }

    /** The open file, and who carries out its requests. */
    private record Held(OpenDisk disk, DiskRequests requests, DiskEngine engine) {
        void close() {
            engine.close();
            disk.close();
        }
    }

    private final Way way;
    private final Geometry geometry;
    private EventLoop loop;
    private long earlierErrors;

    // Null while let go of. Another thread's only while the device is paused.
    private volatile Held held;

    private RawDisk(Way way, Geometry geometry) {
        this.way = way;
        this.geometry = geometry;
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
        Way way = new Way(path, readOnly, cache, surelyRaw, serial, choice);
        Held held = way.open();
        RawDisk disk = new RawDisk(way, held.disk().geometry());
        disk.held = held;
        return disk;
    }

    /**
     * A disk that begins let go of: its file is looked at, and may be another's still. Parameters
     * and errors are those of {@link #open(Path, boolean, CacheMode, boolean, String,
     * EngineChoice)}.
     */
    public static RawDisk notYet(
            Path path,
            boolean readOnly,
            CacheMode cache,
            boolean surelyRaw,
            String serial,
            EngineChoice choice) {
        return new RawDisk(
                new Way(path, readOnly, cache, surelyRaw, serial, choice),
                OpenDisk.measure(path, readOnly, cache, surelyRaw));
    }

    /**
     * Closes the file, which unlocks it, once all that was submitted has ended; the device is
     * paused. Idempotent.
     */
    public void letGo() {
        Held was = held;
        if (was != null) {
            held = null;
            was.engine().drain();
            was.close();
            earlierErrors += was.requests().errorCount();
        }
    }

    /**
     * Opens and locks the file again; the device is paused. Idempotent.
     *
     * @throws DiskException where another process has it, or it has another size by now
     */
    public void takeUp() {
        if (held != null) {
            return;
        }
        Held next = way.open();
        try {
            if (!next.disk().geometry().equals(geometry)) {
                throw new DiskException(
                        "Cannot use "
                                + way.path()
                                + " as a disk again: it was of another size, "
                                + geometry.capacityBytes()
                                + " bytes.");
            }
            if (loop != null) {
                next.engine().attach(loop);
            }
        } catch (RuntimeException e) {
            next.close();
            throw e;
        }
        held = next;
    }

    /** Whether its file is open and locked. */
    public boolean isHeld() {
        return held != null;
    }

    private Held held() {
        Held now = held;
        if (now == null) {
            throw new IllegalStateException("The disk is closed");
        }
        return now;
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
     * @param deviceLoop of the device; outlives {@link #close}
     */
    public void attach(EventLoop deviceLoop) {
        loop = deviceLoop;
        if (held != null) {
            held.engine().attach(deviceLoop);
        }
    }

    /** Who carries out requests: {@link EngineChoice#THREADS} or {@link EngineChoice#IO_URING}. */
    public EngineChoice engine() {
        return held().engine().kind();
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public boolean isReadOnly() {
        return way.readOnly();
    }

    @Override
    public boolean hasWriteCache() {
        return way.cache() != CacheMode.WRITETHROUGH;
    }

    @Override
    public String serial() {
        return way.serial();
    }

    /** Requests that the host failed, since the start. */
    public long errorCount() {
        Held now = held;
        return earlierErrors + (now == null ? 0 : now.requests().errorCount());
    }

    @Override
    public void read(long offset, List<MemorySegment> to, Completion completion) {
        Held now = held();
        now.engine().submit(now.requests().transfer(false, offset, to), completion);
    }

    @Override
    public void write(long offset, List<MemorySegment> from, Completion completion) {
        if (way.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        Held now = held();
        now.engine().submit(now.requests().transfer(true, offset, from), completion);
    }

    @Override
    public void flush(Completion completion) {
        Held now = held();
        now.engine().submit(now.requests().flush(), completion);
    }

    /**
     * Makes all completed writes durable, on the calling thread. The device is paused, so that
     * nothing else is submitted.
     *
     * @return whether the host could
     */
    public boolean flushNow() {
        return held().requests().flushHere() == Result.OK;
    }

    @Override
    public void discard(long offset, long lengthBytes, Completion completion) {
        if (way.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        Held now = held();
        now.engine().submit(now.requests().discard(offset, lengthBytes), completion);
    }

    @Override
    public void writeZeroes(
            long offset, long lengthBytes, boolean mayUnmap, Completion completion) {
        if (way.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        Held now = held();
        now.engine().submit(now.requests().writeZeroes(offset, lengthBytes, mayUnmap), completion);
    }

    @Override
    public void kick() {
        held().engine().kick();
    }

    @Override
    public void drain() {
        Held now = held;
        if (now != null) {
            now.engine().drain();
        }
    }

    @Override
    public void close() {
        Held was = held;
        if (was != null) {
            was.close();
            held = null;
        }
    }
}
