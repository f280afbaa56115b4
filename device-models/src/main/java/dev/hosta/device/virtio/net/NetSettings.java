package dev.hosta.device.virtio.net;

import dev.hosta.device.virtio.RateLimit;

/**
 * What a machine's owner decides about a network device.
 *
 * @param mac the guest's address, of one station
 * @param mtu bytes of IP in a frame, 68..65535, which the guest is told; 0 leaves it to the guest
 * @param receiving how much the guest may receive, in frames and bytes without headers
 * @param sending how much the guest may send, likewise
 */
public record NetSettings(
        MacAddress mac, int mtu, RateLimit.Rate receiving, RateLimit.Rate sending) {
    private static final int LEAST_MTU = 68; // RFC 791
    private static final int MOST_MTU = 65535;

    /** Checks address and MTU. */
    public NetSettings {
        if (!mac.isStation()) {
            throw new IllegalArgumentException("Address must be that of one station: mac=" + mac);
        }
        if (mtu != 0 && (mtu < LEAST_MTU || mtu > MOST_MTU)) {
            throw new IllegalArgumentException("MTU must be 68..65535, or 0: mtu=" + mtu);
        }
    }

    /** An address, and the rest as the guest likes. */
    public static NetSettings of(MacAddress mac) {
        return new NetSettings(mac, 0, RateLimit.Rate.UNLIMITED, RateLimit.Rate.UNLIMITED);
    }
}
