package dev.hosta.machine;

import dev.hosta.device.virtio.net.MacAddress;
import dev.hosta.linux.PortForward;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** One of {@code nets} in a machine's JSON file. */
final class NetSpecReader {
    private static final List<String> KEYS =
            List.of("type", "publish", "interface", "path", "mac", "id", "mtu", "rxRate", "txRate");

    private final SpecJson json;
    private final Function<String, Path> paths;
    private String type = "";
    private List<PortForward> publish = List.of();
    private Optional<String> interfaceName = Optional.empty();
    private Optional<Path> path = Optional.empty();
    private Optional<MacAddress> mac = Optional.empty();
    private String id = "";
    private int mtu;
    private long rxRate;
    private long txRate;

    private NetSpecReader(SpecJson json, Function<String, Path> paths) {
        this.json = json;
        this.paths = paths;
    }

    /**
     * Reads one.
     *
     * @param paths makes paths of texts
     */
    static NetSpec read(SpecJson json, Function<String, Path> paths) throws IOException {
        NetSpecReader reader = new NetSpecReader(json, paths);
        return json.isObject() ? reader.object() : reader.word();
    }

    private NetSpec word() throws IOException {
        type = json.string("nets");
        return json.checked(() -> NetSpec.of(carrier()));
    }

    private NetSpec object() throws IOException {
        Set<String> seen = new HashSet<>();
        for (String key; !(key = json.nextKey(KEYS, seen)).isEmpty(); ) {
            switch (key) {
                case "type" -> type = json.string(key);
                case "publish" -> publish = publish(key);
                case "interface" ->
                        interfaceName = Optional.of(json.parsed(key, NetSpec::requireInterface));
                case "path" -> path = Optional.of(json.parsed(key, paths));
                case "mac" -> mac = Optional.of(json.parsed(key, NetSpec::parseMac));
                case "id" -> id = json.parsed(key, NetSpec::requireId);
                case "mtu" -> {
                    int bytes = json.integer(key);
                    mtu = json.checked(() -> NetSpec.requireMtu(bytes));
                }
                case "rxRate" -> rxRate = json.parsed(key, RateSpec::parseBytes);
                default -> txRate = json.parsed(key, RateSpec::parseBytes);
            }
        }
        return json.checked(() -> new NetSpec(carrier(), mac, id, mtu, rxRate, txRate));
    }

    private List<PortForward> publish(String key) throws IOException {
        return json.list(key, () -> json.parsed(key, NetSpec::parsePublish));
    }

    /** What does not belong to the type is a mistake, not a wish. */
    private NetSpec.Carrier carrier() {
        boolean fits =
                switch (type) {
                    case "user" -> interfaceName.isEmpty() && path.isEmpty();
                    case "tap" -> interfaceName.isPresent() && path.isEmpty() && publish.isEmpty();
                    case "socket" ->
                            interfaceName.isEmpty() && path.isPresent() && publish.isEmpty();
                    default -> false;
                };
        if (!fits) {
            throw new SpecException(
                    "A network is of type 'user' with 'publish', 'tap' with 'interface', or"
                            + " 'socket' with 'path': '"
                            + type
                            + "'.");
        }
        return switch (type) {
            case "user" -> new NetSpec.Carrier.User(publish);
            case "tap" -> new NetSpec.Carrier.Tap(interfaceName.orElseThrow());
            default -> new NetSpec.Carrier.Socket(path.orElseThrow());
        };
    }
}
