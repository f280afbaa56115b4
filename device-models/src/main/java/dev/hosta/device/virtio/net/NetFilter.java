package dev.hosta.device.virtio.net;

import dev.hosta.device.state.StateBytes;
import dev.hosta.device.virtio.abi.VirtioNet;

import java.util.HashSet;
import java.util.Set;

/**
 * Which received frames are for the guest (virtio 1.2 §5.1.6.5.1, §5.1.6.5.2). Until the driver
 * says otherwise, all are.
 *
 * <p>Threading: the device's thread.
 */
final class NetFilter {
    /** Addresses in one table; a longer one lets all of its kind through. */
    static final int MOST_ADDRESSES = 64;

    private static final long BROADCAST = 0xffff_ffff_ffffL;

    /** Bits of a mode, one for each command of {@code CTRL_RX}. */
    static final int MODE_BITS = 0x3f;

    private static final int PROMISC = 1 << VirtioNet.CTRL_RX_PROMISC;
    private static final int ALLMULTI = 1 << VirtioNet.CTRL_RX_ALLMULTI;
    private static final int ALLUNI = 1 << VirtioNet.CTRL_RX_ALLUNI;
    private static final int NOMULTI = 1 << VirtioNet.CTRL_RX_NOMULTI;
    private static final int NOUNI = 1 << VirtioNet.CTRL_RX_NOUNI;
    private static final int NOBCAST = 1 << VirtioNet.CTRL_RX_NOBCAST;

    /**
     * Addresses that the driver named.
     *
     * @param addresses at most {@link #MOST_ADDRESSES}
     * @param overflown whether there were more, so that every address counts as named
     */
    record Table(Set<MacAddress> addresses, boolean overflown) {
        static final Table EMPTY = new Table(Set.of(), false);

        /** A table of saved addresses, six bytes each; a rest of fewer is left out. */
        static Table of(StateBytes saved, boolean overflown) {
            byte[] bytes = saved.toArray();
            Set<MacAddress> addresses = new HashSet<>();
            for (int at = 0; at + MacAddress.BYTES <= bytes.length; at += MacAddress.BYTES) {
                addresses.add(MacAddress.of(bytes, at));
            }
            return new Table(Set.copyOf(addresses), overflown);
        }

        /** The addresses in the order of their numbers. */
        StateBytes toBytes() {
            long[] sorted = addresses.stream().mapToLong(MacAddress::bits).sorted().toArray();
            byte[] bytes = new byte[sorted.length * MacAddress.BYTES];
            for (int i = 0; i < sorted.length; i++) {
                byte[] address = new MacAddress(sorted[i]).toBytes();
                System.arraycopy(address, 0, bytes, i * MacAddress.BYTES, MacAddress.BYTES);
            }
            return StateBytes.copyOf(bytes);
        }

        boolean has(MacAddress address) {
            return overflown || addresses.contains(address);
        }
    }

    private MacAddress own;
    private int mode;
    private Table unicast = Table.EMPTY;
    private Table multicast = Table.EMPTY;

    NetFilter(MacAddress own) {
        reset(own);
    }

    /** As after power-on. */
    void reset(MacAddress newOwn) {
        own = newOwn;
        mode = PROMISC;
        unicast = Table.EMPTY;
        multicast = Table.EMPTY;
    }

    MacAddress own() {
        return own;
    }

    void own(MacAddress address) {
        own = address;
    }

    /** Sets or clears one bit of the mode. */
    void mode(int command, boolean on) {
        mode = on ? mode | 1 << command : mode & ~(1 << command);
    }

    void tables(Table newUnicast, Table newMulticast) {
        unicast = newUnicast;
        multicast = newMulticast;
    }

    /** What is to be saved, with what the device adds. */
    NetState.V1 exportState(boolean announcing, long guestOffloads) {
        return new NetState.V1(
                StateBytes.copyOf(own.toBytes()),
                mode,
                unicast.toBytes(),
                unicast.overflown(),
                multicast.toBytes(),
                multicast.overflown(),
                announcing,
                guestOffloads);
    }

    /** Takes over what was saved. */
    void importState(NetState.V1 state) {
        own = MacAddress.of(state.mac().toArray(), 0);
        mode = state.mode();
        unicast = Table.of(state.unicast(), state.unicastOverflown());
        multicast = Table.of(state.multicast(), state.multicastOverflown());
    }

    private boolean has(int bit) {
        return (mode & bit) != 0;
    }

    /** Whether all frames are for the guest, so that nobody need look at them. */
    boolean takesAll() {
        return has(PROMISC);
    }

    /** Whether a frame to an address, given by its 48 bits, is for the guest. */
    boolean takes(long destination) {
        if (has(PROMISC)) {
            return true;
        }
        if (destination == BROADCAST) {
            return !has(NOBCAST);
        }
        MacAddress address = new MacAddress(destination);
        if (address.isMulticast()) {
            return !has(NOMULTI) && (has(ALLMULTI) || multicast.has(address));
        }
        return !has(NOUNI) && (has(ALLUNI) || address.equals(own) || unicast.has(address));
    }
}
