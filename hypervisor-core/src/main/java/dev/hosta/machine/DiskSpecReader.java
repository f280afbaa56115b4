package dev.hosta.machine;

import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** One of {@code disks} in a machine's JSON file. */
final class DiskSpecReader {
    private static final List<String> KEYS =
            List.of("path", "readOnly", "cache", "format", "engine", "rate", "iops", "id");

    private DiskSpecReader() {}

    /**
     * Reads one.
     *
     * @param paths makes paths of texts
     */
    static DiskSpec read(SpecJson json, Function<String, Path> paths) throws IOException {
        if (!json.isObject()) {
            return DiskSpec.of(json.parsed("disks", paths));
        }
        Optional<Path> path = Optional.empty();
        boolean readOnly = false;
        CacheMode cache = CacheMode.WRITEBACK;
        boolean surelyRaw = false;
        String id = "";
        EngineChoice engine = EngineChoice.AUTO;
        long iops = 0;
        long bytesPerSecond = 0;
        Set<String> seen = new HashSet<>();
        for (String inner; !(inner = json.nextKey(KEYS, seen)).isEmpty(); ) {
            switch (inner) {
                case "path" -> path = Optional.of(json.parsed(inner, paths));
                case "readOnly" -> readOnly = json.bool(inner);
                case "cache" -> cache = json.parsed(inner, DiskSpec::parseCache);
                case "format" -> surelyRaw = json.parsed(inner, DiskSpec::parseFormat);
                case "engine" -> engine = json.parsed(inner, DiskSpec::parseEngine);
                case "rate" -> bytesPerSecond = json.parsed(inner, RateSpec::parseBytes);
                case "iops" -> {
                    int count = json.integer(inner);
                    iops = json.checked(() -> RateSpec.parseIops(Integer.toString(count)));
                }
                default -> id = json.parsed(inner, DiskSpec::requireId);
            }
        }
        if (path.isEmpty()) {
            throw json.wrong("a disk's 'path' is missing");
        }
        return new DiskSpec(
                path.get(),
                readOnly,
                cache,
                surelyRaw,
                id,
                engine,
                new RateSpec(iops, bytesPerSecond));
    }
}
