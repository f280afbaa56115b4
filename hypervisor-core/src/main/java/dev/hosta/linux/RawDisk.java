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
            return new Held(disk, new DiskRequests(disk));
        }

        DiskEngine engine() {
            return switch (choice) {
                case THREADS -> new ThreadEngine(serial);
                case IO_URING -> ring();
                case AUTO -> ringOrThreads();
            };
        }

        private UringEngine ring() {
            try {
                return new UringEngine(cache != CacheMode.NONE);
            } catch (LinuxException e) {
                throw new DiskException(
                        "Cannot use "
                                + path
                                + " with engine=io_uring: "
                                + e.call()
                                + " failed, errno="
                                + Errno.describe(e.errno())
                                + ". "
                                + e.hint());
            }
        }

        private DiskEngine ringOrThreads() {
            try {
                return new UringEngine(cache != CacheMode.NONE);
            } catch (LinuxException e) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "The disk " + serial + " uses threads: " + e.getMessage());
                return new ThreadEngine(serial);
            }
        }
    }

    /** The open file, and what requests to it are in system calls. */
    private record Held(OpenDisk disk, DiskRequests requests) {
        void close() {
            try (disk) {
                DiskLock.release(disk.fd());
            }
        }
    }

    private final Way way;
    private final Geometry geometry;

    /** Outlives the open file, so that taking the disk up again needs nothing but that. */
    private final DiskEngine engine;

    private long earlierErrors;

    // Null while let go of. Another thread's only while the device is paused.
    private volatile Held held;

    private RawDisk(Way way, Geometry geometry, DiskEngine engine) {
        this.way = way;
        this.geometry = geometry;
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
        Way way = new Way(path, readOnly, cache, surelyRaw, serial, choice);
        Held held = way.open();
        try {
            RawDisk disk = new RawDisk(way, held.disk().geometry(), way.engine());
            disk.hold(held);
            return disk;
        } catch (RuntimeException e) {
            held.close();
            throw e;
        }
    }

    /**
     * A disk that begins let go of: its file is looked at, and may be another's still; all else is
     * made. Parameters and errors are those of {@link #open(Path, boolean, CacheMode, boolean,
     * String, EngineChoice)}.
     */
    public static RawDisk notYet(
            Path path,
            boolean readOnly,
            CacheMode cache,
            boolean surelyRaw,
            String serial,
            EngineChoice choice) {
        Geometry geometry = look(path, readOnly, cache, surelyRaw);
        Way way = new Way(path, readOnly, cache, surelyRaw, serial, choice);
        return new RawDisk(way, geometry, way.engine());
    }

    /**
     * Passes where a file can be used as a disk, by whomever it is held now.
     *
     * @return its sizes
     * @throws DiskException where it is no disk that can be used so
     */
    public static Geometry look(Path path, boolean readOnly, CacheMode cache, boolean surelyRaw) {
        return OpenDisk.measure(path, readOnly, cache, surelyRaw);
    }

    private void hold(Held next) {
        engine.serve(next.disk().fd());
        held = next;
    }

    /**
     * Closes the file, which unlocks it, once all that was submitted has ended; the device is
     * paused. Idempotent.
     */
    public void letGo() {
        Held was = held;
        if (was != null) {
            held = null;
            engine.drain();
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
        if (!next.disk().geometry().equals(geometry)) {
            next.close();
            throw new DiskException(
                    "Cannot use "
                            + way.path()
                            + " as a disk again: it was of another size, "
                            + geometry.capacityBytes()
                            + " bytes.");
        }
        hold(next);
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

    /**
     * Says on which thread requests will be submitted. Once, before the first.
     *
     * @param deviceLoop of the device; outlives {@link #close}
     */
    public void attach(EventLoop deviceLoop) {
        engine.attach(deviceLoop);
    }

    /** Who carries out requests: {@link EngineChoice#THREADS} or {@link EngineChoice#IO_URING}. */
    public EngineChoice engine() {
        return engine.kind();
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
        engine.submit(now.requests().transfer(false, offset, to), completion);
    }

    @Override
    public void write(long offset, List<MemorySegment> from, Completion completion) {
        if (way.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        Held now = held();
        engine.submit(now.requests().transfer(true, offset, from), completion);
    }

    @Override
    public void flush(Completion completion) {
        Held now = held();
        engine.submit(now.requests().flush(), completion);
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
        engine.submit(now.requests().discard(offset, lengthBytes), completion);
    }

    @Override
    public void writeZeroes(
            long offset, long lengthBytes, boolean mayUnmap, Completion completion) {
        if (way.readOnly()) {
            completion.done(Result.IO_ERROR);
            return;
        }
        Held now = held();
        engine.submit(now.requests().writeZeroes(offset, lengthBytes, mayUnmap), completion);
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
        engine.close();
        Held was = held;
        if (was != null) {
            held = null;
            was.close();
        }
    }
}
