package dev.hosta.machine;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;

import java.nio.file.Path;

/**
 * A disk of the guest's.
 *
 * @param path raw image file or block device
 * @param readOnly whether the guest may only read it
 * @param cache how writes travel through the host
 * @param surelyRaw whether it is raw even where it looks like an image of another format
 * @param id names the disk on the host and is its serial number in the guest: 1 to {@link #MAX_ID}
 *     letters, digits, {@code . _ -}; empty for one that the machine names by its place, {@code
 *     disk0} first
 * @param engine who carries out its requests
 * @param rate how much it may do
 */
public record DiskSpec(
        Path path,
        boolean readOnly,
        CacheMode cache,
        boolean surelyRaw,
        String id,
        EngineChoice engine,
        RateSpec rate) {
    /** Most characters of an id: a virtio serial number's (virtio 1.2 §5.2.6). */
    public static final int MAX_ID = 20;

    /** Checks the id. */
    public DiskSpec {
        if (!id.isEmpty()) {
            requireId(id);
        }
    }

    /** A disk without a limit. */
    public DiskSpec(
            Path path,
            boolean readOnly,
            CacheMode cache,
            boolean surelyRaw,
            String id,
            EngineChoice engine) {
        this(path, readOnly, cache, surelyRaw, id, engine, RateSpec.UNLIMITED);
    }

    /** A disk with the engine that suits it best, without a limit. */
    public DiskSpec(Path path, boolean readOnly, CacheMode cache, boolean surelyRaw, String id) {
        this(path, readOnly, cache, surelyRaw, id, EngineChoice.AUTO);
    }

    /** A disk that is read and written, cached by the host, and named by its place. */
    public static DiskSpec of(Path path) {
        return new DiskSpec(path, false, CacheMode.WRITEBACK, false, "");
    }

    /** The same disk under another id. */
    DiskSpec withId(String newId) {
        return new DiskSpec(path, readOnly, cache, surelyRaw, newId, engine, rate);
    }

    /** The same disk in another file. */
    public DiskSpec withPath(Path other) {
        return new DiskSpec(other, readOnly, cache, surelyRaw, id, engine, rate);
    }

    /**
     * Passes an id on.
     *
     * @throws SpecException where it is none
     */
    public static String requireId(String id) {
        if (!id.isEmpty() && id.length() <= MAX_ID && MachineSpec.isName(id)) {
            return id;
        }
        throw new SpecException(
                "A disk's id is 1 to 20 letters, digits, '.', '_' or '-', the first a letter or"
                        + " digit: id='"
                        + id
                        + "'.");
    }

    /**
     * Reads a cache mode.
     *
     * @param text {@code writeback}, {@code writethrough} or {@code none}
     * @throws SpecException where it is none of these
     */
    public static CacheMode parseCache(String text) {
        for (CacheMode mode : CacheMode.values()) {
            if (mode.text().equals(text)) {
                return mode;
            }
        }
        throw new SpecException("A cache is writeback, writethrough or none: '" + text + "'.");
    }

    /**
     * Reads who carries out requests.
     *
     * @param text {@code auto}, {@code threads} or {@code io_uring}
     * @throws SpecException where it is none of these
     */
    public static EngineChoice parseEngine(String text) {
        for (EngineChoice choice : EngineChoice.values()) {
            if (choice.text().equals(text)) {
                return choice;
            }
        }
        throw new SpecException("An engine is auto, threads or io_uring: '" + text + "'.");
    }

    /**
     * Reads a format that is claimed.
     *
     * @param text {@code raw}
     * @return true: the disk is raw for sure
     * @throws SpecException where it is another
     */
    public static boolean parseFormat(String text) {
        if (text.equals("raw")) {
            return true;
        }
        throw new SpecException("A disk's format is raw: '" + text + "'. Convert other images.");
    }
}
