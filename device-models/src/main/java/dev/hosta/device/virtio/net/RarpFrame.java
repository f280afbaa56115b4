package dev.hosta.device.virtio.net;

import dev.hosta.device.backend.NetBackend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * A question of RARP (RFC 903) after a station's own address: nobody need answer it, and every
 * switch on its way learns where the station is.
 *
 * <pre>
 *  offset size field, behind the header of {@link NetBackend#HEADER_BYTES} zeros
 *       0    6 destination      all stations
 *       6    6 source           the station
 *      12    2 EtherType        0x8035
 *      14    8 hardware 1 (Ethernet), protocol 0x0800, lengths 6 and 4, operation 3
 *      22    6 sender           the station
 *      28    4 sender's IP      0
 *      32    6 target           the station
 *      38    4 target's IP      0
 *      42   18 padding
 * </pre>
 *
 * <p>Threading: no state.
 */
final class RarpFrame {
    private static final int FRAME_BYTES = 60;
    private static final long ALL_STATIONS = 0xffff_ffff_ffffL;
    private static final short ETHER_TYPE = (short) 0x8035;
    private static final long HARDWARE_AND_PROTOCOL = 0x0001_0800_0604_0003L;

    private RarpFrame() {}

    /** Header and frame, in native memory that the collector takes back. */
    static MemorySegment of(MacAddress station) {
        ByteBuffer out = ByteBuffer.allocate(NetBackend.HEADER_BYTES + FRAME_BYTES);
        out.position(NetBackend.HEADER_BYTES);
        put48(out, ALL_STATIONS);
        put48(out, station.bits());
        out.putShort(ETHER_TYPE).putLong(HARDWARE_AND_PROTOCOL);
        put48(out, station.bits());
        out.putInt(0);
        put48(out, station.bits());
        MemorySegment frame = Arena.ofAuto().allocate(out.capacity());
        MemorySegment.copy(out.array(), 0, frame, ValueLayout.JAVA_BYTE, 0, out.capacity());
        return frame;
    }

    private static void put48(ByteBuffer out, long address) {
        out.putShort((short) (address >>> 32)).putInt((int) address);
    }
}
