package dev.hosta.cli;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.RateSpec;
import dev.hosta.machine.SpecException;

/**
 * The value of {@code --disk}: {@code
 * PATH[,ro][,format=raw][,cache=MODE][,engine=ENGINE][,rate=SIZE][,iops=N][,id=ID]}.
 */
final class DiskText {
    private static final String FORMAT = "format=";
    private static final String CACHE = "cache=";
    private static final String ENGINE = "engine=";
    private static final String RATE = "rate=";
    private static final String IOPS = "iops=";
    private static final String ID = "id=";

    private DiskText() {}

    /**
     * Reads it.
     *
     * @throws SpecException where a part is none of these
     */
    static DiskSpec parse(String text) {
        String[] parts = text.split(",", -1);
        if (parts[0].isEmpty()) {
            throw new SpecException("A disk needs a path first: '" + text + "'.");
        }
        boolean readOnly = false;
        boolean surelyRaw = false;
        CacheMode cache = CacheMode.WRITEBACK;
        EngineChoice engine = EngineChoice.AUTO;
        String id = "";
        long bytesPerSecond = 0;
        long iops = 0;
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i];
            if (part.equals("ro")) {
                readOnly = true;
            } else if (part.startsWith(FORMAT)) {
                surelyRaw = DiskSpec.parseFormat(part.substring(FORMAT.length()));
            } else if (part.startsWith(CACHE)) {
                cache = DiskSpec.parseCache(part.substring(CACHE.length()));
            } else if (part.startsWith(ENGINE)) {
                engine = DiskSpec.parseEngine(part.substring(ENGINE.length()));
            } else if (part.startsWith(RATE)) {
                bytesPerSecond = RateSpec.parseBytes(part.substring(RATE.length()));
            } else if (part.startsWith(IOPS)) {
                iops = RateSpec.parseIops(part.substring(IOPS.length()));
            } else if (part.startsWith(ID)) {
                id = DiskSpec.requireId(part.substring(ID.length()));
            } else {
                throw new SpecException(
                        "A disk takes PATH, ro, format=raw, cache=MODE, engine=ENGINE, rate=SIZE,"
                                + " iops=N and id=ID: '"
                                + part
                                + "'. A path with a comma goes into a --config file.");
            }
        }
        return new DiskSpec(
                RunOptions.path(parts[0]),
                readOnly,
                cache,
                surelyRaw,
                id,
                engine,
                new RateSpec(iops, bytesPerSecond));
    }
}
