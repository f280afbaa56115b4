package dev.hosta.machine;

import dev.hosta.device.virtio.net.MacAddress;
import dev.hosta.linux.PortForward;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A network interface of the guest's.
 *
 * @param carrier what its frames travel on
 * @param mac its address; empty for one that the machine makes of its name and the id
 * @param id names it on the host: 1 to {@link DiskSpec#MAX_ID} letters, digits, {@code . _ -};
 *     empty for one that the machine names by its place, {@code net0} first
 * @param mtu what the guest is told of the largest packet, {@link #MIN_MTU} to {@link #MAX_MTU}; 0
 *     to tell it nothing
 * @param rxBytesPerSecond how much reaches the guest; 0 for no limit
 * @param txBytesPerSecond how much leaves the guest; 0 for no limit
 */
public record NetSpec(
        Carrier carrier,
        Optional<MacAddress> mac,
        String id,
        int mtu,
        long rxBytesPerSecond,
        long txBytesPerSecond) {
    /** Smallest MTU: what IPv4 asks of every host (RFC 791). */
    public static final int MIN_MTU = 68;

    /** Largest MTU: the largest IP packet. */
    public static final int MAX_MTU = 65535;

    /** What frames travel on. */
    public sealed interface Carrier {
        /**
         * The host's own sockets, through passt; needs no right.
         *
         * @param publish ports of the host's that lead to the guest
         */
        record User(List<PortForward> publish) implements Carrier {
            /** Copies the list. */
            public User {
                publish = List.copyOf(publish);
            }
        }

        /**
         * A tap interface of the host's.
         *
         * @param interfaceName 1 to 15 letters, digits, {@code . _ -}
         */
        record Tap(String interfaceName) implements Carrier {
            /** Checks the name. */
            public Tap {
                requireInterface(interfaceName);
            }
        }

        /**
         * A Unix stream socket that another guest connects to.
         *
         * @param path of the socket
         */
        record Socket(Path path) implements Carrier {}
    }

    private static final int MAX_INTERFACE = 15;
    private static final long GROUP = 1L << 40;
    private static final long LOCAL = 1L << 41;

    /** Checks the id, the MTU and the rates. */
    public NetSpec {
        if (!id.isEmpty()) {
            requireId(id);
        }
        if (mtu != 0) {
            requireMtu(mtu);
        }
        if (rxBytesPerSecond < 0 || txBytesPerSecond < 0) {
            throw new SpecException("A rate must be 0 or more.");
        }
    }

    /** An interface without wishes. */
    public static NetSpec of(Carrier carrier) {
        return new NetSpec(carrier, Optional.empty(), "", 0, 0, 0);
    }

    /** The same interface on another carrier. */
    public NetSpec withCarrier(Carrier other) {
        return new NetSpec(other, mac, id, mtu, rxBytesPerSecond, txBytesPerSecond);
    }

    /**
     * The same interface for another machine that runs beside this one's: with an address that the
     * machine makes up, and no published ports.
     */
    public NetSpec twin() {
        Carrier own = carrier instanceof Carrier.User ? new Carrier.User(List.of()) : carrier;
        return new NetSpec(own, Optional.empty(), id, mtu, rxBytesPerSecond, txBytesPerSecond);
    }

    /** The same interface with all that a machine of this name gives to its place. */
    NetSpec named(String machineName, int index) {
        String newId = id.isEmpty() ? "net" + index : id;
        MacAddress newMac = mac.orElseGet(() -> madeFor(machineName + "/" + newId));
        return new NetSpec(
                carrier, Optional.of(newMac), newId, mtu, rxBytesPerSecond, txBytesPerSecond);
    }

    /** A locally administered address of one station, always the same for the same text. */
    private static MacAddress madeFor(String text) {
        // FNV-1a, 64 bits, stirred once more so that short texts reach all of them.
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        hash ^= hash >>> 32;
        hash *= 0x9e3779b97f4a7c15L;
        return new MacAddress(hash >>> 16 & ~GROUP | LOCAL);
    }

    /**
     * Reads an address.
     *
     * @param text {@code 02:00:00:12:34:56}
     * @throws SpecException where it is none, all zero, or that of a group
     */
    public static MacAddress parseMac(String text) {
        try {
            MacAddress mac = MacAddress.parse(text);
            if (mac.isStation()) {
                return mac;
            }
        } catch (IllegalArgumentException e) {
            throw noMac(text);
        }
        throw noMac(text);
    }

    private static SpecException noMac(String text) {
        return new SpecException(
                "A MAC address is six octets such as 02:00:00:12:34:56, the first an even one: '"
                        + text
                        + "'.");
    }

    /**
     * Passes an id on.
     *
     * @throws SpecException where it is none
     */
    public static String requireId(String id) {
        if (!id.isEmpty() && id.length() <= DiskSpec.MAX_ID && MachineSpec.isName(id)) {
            return id;
        }
        throw new SpecException(
                "A network's id is 1 to 20 letters, digits, '.', '_' or '-', the first a letter or"
                        + " digit: id='"
                        + id
                        + "'.");
    }

    /**
     * Passes the name of an interface of the host's on.
     *
     * @throws SpecException where the kernel allows no such name
     */
    public static String requireInterface(String name) {
        if (!name.isEmpty() && name.length() <= MAX_INTERFACE && MachineSpec.isName(name)) {
            return name;
        }
        throw new SpecException(
                "A tap interface's name is 1 to 15 letters, digits, '.', '_' or '-': '"
                        + name
                        + "'.");
    }

    /**
     * Passes an MTU on.
     *
     * @throws SpecException where it is none
     */
    public static int requireMtu(int mtu) {
        if (mtu < MIN_MTU || mtu > MAX_MTU) {
            throw new SpecException(
                    "An MTU is " + MIN_MTU + " to " + MAX_MTU + " bytes: mtu=" + mtu + ".");
        }
        return mtu;
    }

    /**
     * Reads a published port.
     *
     * @param text {@code [ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp]}; an IPv6 address in brackets
     * @throws SpecException where it is none
     */
    public static PortForward parsePublish(String text) {
        int slash = text.indexOf('/');
        String protocol = slash < 0 ? "tcp" : text.substring(slash + 1);
        String rest = slash < 0 ? text : text.substring(0, slash);
        int guestColon = rest.lastIndexOf(':');
        int hostColon = guestColon < 0 ? -1 : rest.lastIndexOf(':', guestColon - 1);
        if (guestColon < 0 || !protocol.equals("tcp") && !protocol.equals("udp")) {
            throw noPublish(text);
        }
        String address = hostColon < 0 ? "" : rest.substring(0, hostColon);
        if (address.startsWith("[") && address.endsWith("]")) {
            address = address.substring(1, address.length() - 1);
        }
        if (hostColon >= 0 && !isNumericAddress(address)) {
            throw noPublish(text);
        }
        return new PortForward(
                protocol.equals("tcp") ? PortForward.Protocol.TCP : PortForward.Protocol.UDP,
                address,
                port(rest.substring(hostColon + 1, guestColon), text),
                port(rest.substring(guestColon + 1), text));
    }

    private static boolean isNumericAddress(String text) {
        boolean colon = text.indexOf(':') >= 0;
        String allowed = colon ? "0123456789abcdefABCDEF:.%" : "0123456789.";
        return !text.isEmpty() && text.chars().allMatch(c -> allowed.indexOf(c) >= 0);
    }

    private static int port(String text, String whole) {
        boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = digits && text.length() <= 5 ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 65535) {
            throw noPublish(whole);
        }
        return port;
    }

    private static SpecException noPublish(String text) {
        return new SpecException(
                "A published port is [ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp], such as 8080:80: '"
                        + text
                        + "'.");
    }
}
