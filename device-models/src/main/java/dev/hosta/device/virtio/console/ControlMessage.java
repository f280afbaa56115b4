package dev.hosta.device.virtio.console;

import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.QueueException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * {@code struct virtio_console_control} (virtio 1.2 §5.3.6.2): 8 bytes, little-endian, and what
 * follows some events.
 *
 * <pre>
 *  offset size field
 *       0    4 id     the port
 *       4    2 event
 *       6    2 value
 *       8    - RESIZE: u16 columns, u16 rows; PORT_NAME: UTF-8 without a NUL
 * </pre>
 *
 * @param portId 0..2^32-1
 * @param event 0..65535
 * @param value 0..65535
 * @param rest what follows; never changed
 */
record ControlMessage(long portId, int event, int value, byte[] rest) {
    private static final byte[] NOTHING = {};
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static ControlMessage of(int portId, int event, int value) {
        return new ControlMessage(portId, event, value, NOTHING);
    }

    static ControlMessage name(int portId, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return new ControlMessage(portId, VirtioConsole.PORT_NAME, 1, bytes);
    }

    /** The order is the specification's; some releases of Linux took rows first. */
    static ControlMessage resize(int portId, int columns, int rows) {
        byte[] size = new byte[4];
        MemorySegment fields = MemorySegment.ofArray(size);
        fields.set(U16, 0, (short) columns);
        fields.set(U16, 2, (short) rows);
        return new ControlMessage(portId, VirtioConsole.RESIZE, 0, size);
    }

    /**
     * What the driver sent; more than the head is ignored.
     *
     * @throws QueueException if there is no whole head
     * @throws dev.hosta.device.memory.GuestMemoryException if it is not in RAM
     */
    static ControlMessage parse(DescriptorChain chain) {
        if (chain.readableBytes() < VirtioConsole.CONTROL_BYTES) {
            throw new QueueException(
                    "Cannot take a control message: readableBytes=" + chain.readableBytes());
        }
        MemorySegment head = MemorySegment.ofArray(new byte[VirtioConsole.CONTROL_BYTES]);
        chain.read(0, head);
        return new ControlMessage(
                Integer.toUnsignedLong(head.get(U32, 0)),
                head.get(U16, VirtioConsole.CONTROL_EVENT) & 0xffff,
                head.get(U16, VirtioConsole.CONTROL_VALUE) & 0xffff,
                NOTHING);
    }

    /**
     * Writes the message into a buffer of the driver's.
     *
     * @return its length in bytes
     * @throws QueueException if it does not fit
     * @throws dev.hosta.device.memory.GuestMemoryException if the buffer is not in RAM
     */
    int write(DescriptorChain chain) {
        int sizeBytes = VirtioConsole.CONTROL_BYTES + rest.length;
        if (chain.writableBytes() < sizeBytes) {
            throw new QueueException(
                    "Cannot give a control message: writableBytes="
                            + chain.writableBytes()
                            + ", sizeBytes="
                            + sizeBytes);
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[sizeBytes]);
        bytes.set(U32, 0, (int) portId);
        bytes.set(U16, VirtioConsole.CONTROL_EVENT, (short) event);
        bytes.set(U16, VirtioConsole.CONTROL_VALUE, (short) value);
        bytes.asSlice(VirtioConsole.CONTROL_BYTES).copyFrom(MemorySegment.ofArray(rest));
        chain.write(0, bytes);
        return sizeBytes;
    }
}
