package dev.hosta.device.virtio.net;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.StateBytes;
import dev.hosta.device.state.StateType;

/** Saved state of a {@link NetDevice}: every version this build can read. */
public sealed interface NetState {
    /**
     * Written since 0.1.
     *
     * @param mac the guest's own address, 6 bytes
     * @param mode bit n for command n of VIRTIO_NET_CTRL_RX, 0..63
     * @param unicast addresses to receive besides, 6 bytes each, in order, at most 64
     * @param unicastOverflown whether there were more, so that none is listed
     * @param multicast groups to receive, likewise
     * @param multicastOverflown whether there were more
     * @param announcing whether the driver is still to announce itself
     * @param guestOffloads features of offloads that the guest takes now; 0 without a driver
     */
    record V1(
            StateBytes mac,
            int mode,
            StateBytes unicast,
            boolean unicastOverflown,
            StateBytes multicast,
            boolean multicastOverflown,
            boolean announcing,
            long guestOffloads)
            implements NetState {
        /** Kind and version. */
        public static final StateType<V1> TYPE = new StateType<>("virtio.net", 1, V1.class);

        /** Checks addresses, tables and ranges. */
        public V1 {
            if (mac == null || mac.size() != MacAddress.BYTES) {
                throw new InvalidStateException("Net mac must be 6 bytes");
            }
            if (!MacAddress.of(mac.toArray(), 0).isStation()) {
                throw new InvalidStateException(
                        "Net mac must be that of one station: mac="
                                + MacAddress.of(mac.toArray(), 0));
            }
            InvalidStateException.requireRange("Net mode", mode, 0, NetFilter.MODE_BITS);
            requireTable("unicast", unicast, unicastOverflown);
            requireTable("multicast", multicast, multicastOverflown);
            if ((guestOffloads & ~NetConfig.GUEST_OFFLOADS) != 0) {
                throw new InvalidStateException(
                        "Net guestOffloads must be offloads: guestOffloads=0x"
                                + Long.toHexString(guestOffloads));
            }
        }

        private static void requireTable(String field, StateBytes table, boolean overflown) {
            int most = overflown ? 0 : NetFilter.MOST_ADDRESSES * MacAddress.BYTES;
            if (table == null) {
                throw new InvalidStateException("Net " + field + " is missing");
            }
            InvalidStateException.requireRange("Net " + field + " bytes", table.size(), 0, most);
            if (table.size() % MacAddress.BYTES != 0
                    || !table.equals(NetFilter.Table.of(table, false).toBytes())) {
                throw new InvalidStateException(
                        "Net " + field + " must be addresses in order: bytes=" + table.size());
            }
        }
    }

    /** The newest form. */
    default V1 latest() {
        return switch (this) {
            case V1 v -> v;
        };
    }
}
