package dev.hosta.cli;

import dev.hosta.device.virtio.net.MacAddress;
import dev.hosta.linux.PortForward;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.NetSpec.Carrier;
import dev.hosta.machine.RateSpec;
import dev.hosta.machine.SpecException;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The value of {@code --net}: {@code user[,publish=PORTS]…|tap:IF|socket:PATH}, then {@code
 * [,mac=MAC][,id=ID][,mtu=N][,rx-rate=SIZE][,tx-rate=SIZE]}; or {@code none}.
 */
final class NetText {
    private static final String TAP = "tap:";
    private static final String SOCKET = "socket:";
    private static final String PUBLISH = "publish=";
    private static final String MAC = "mac=";
    private static final String ID = "id=";
    private static final String MTU = "mtu=";
    private static final String RX_RATE = "rx-rate=";
    private static final String TX_RATE = "tx-rate=";

    private NetText() {}

    /**
     * Reads it.
     *
     * @return empty for {@code none}
     * @throws SpecException where a part is none of these
     */
    static Optional<NetSpec> parse(String text) {
        if (text.equals("none")) {
            return Optional.empty();
        }
        String[] parts = text.split(",", -1);
        List<PortForward> publish = new ArrayList<>();
        Optional<MacAddress> mac = Optional.empty();
        String id = "";
        int mtu = 0;
        long rxRate = 0;
        long txRate = 0;
        for (String part : List.of(parts).subList(1, parts.length)) {
            if (part.startsWith(PUBLISH) && parts[0].equals("user")) {
                publish.add(NetSpec.parsePublish(part.substring(PUBLISH.length())));
            } else if (part.startsWith(MAC)) {
                mac = Optional.of(NetSpec.parseMac(part.substring(MAC.length())));
            } else if (part.startsWith(ID)) {
                id = NetSpec.requireId(part.substring(ID.length()));
            } else if (part.startsWith(MTU)) {
                mtu = mtu(part.substring(MTU.length()));
            } else if (part.startsWith(RX_RATE)) {
                rxRate = RateSpec.parseBytes(part.substring(RX_RATE.length()));
            } else if (part.startsWith(TX_RATE)) {
                txRate = RateSpec.parseBytes(part.substring(TX_RATE.length()));
            } else {
                throw new SpecException(
                        "A network takes mac=MAC, id=ID, mtu=N, rx-rate=SIZE, tx-rate=SIZE and,"
                                + " for 'user', publish=HOSTPORT:GUESTPORT: '"
                                + part
                                + "'.");
            }
        }
        return Optional.of(new NetSpec(carrier(parts[0], publish), mac, id, mtu, rxRate, txRate));
    }

    private static Carrier carrier(String text, List<PortForward> publish) {
        if (text.equals("user")) {
            return new Carrier.User(publish);
        }
        if (text.startsWith(TAP)) {
            return new Carrier.Tap(text.substring(TAP.length()));
        }
        if (text.startsWith(SOCKET) && text.length() > SOCKET.length()) {
            return new Carrier.Socket(RunOptions.path(text.substring(SOCKET.length())));
        }
        throw new SpecException(
                "A network is user, tap:INTERFACE, socket:PATH or none: '" + text + "'.");
    }

    private static int mtu(String text) {
        try {
            return NetSpec.requireMtu(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new SpecException("An MTU is a whole number: '" + text + "'.", e);
        }
    }
}
