package dev.hosta.device.bus;

/**
 * A device's registers, as one range of an {@link AddressSpace}.
 *
 * <p>The guest chooses offset, width and value; whatever it chooses, these methods return and never
 * throw. Nothing in them blocks: slow work goes to the device's own thread.
 *
 * <p>Threading: called by any vCPU's thread, possibly several at once.
 */
public interface BusDevice {
    /**
     * Answers a read.
     *
     * @param offset bytes from the start of the claimed range, 0..size-1
     * @param widthBytes 1, 2, 4 or 8; {@code offset + widthBytes} lies in the range
     * @return the value in the low {@code widthBytes} bytes; higher bits are ignored
     */
    long read(long offset, int widthBytes);

    /**
     * Takes a write.
     *
     * @param offset bytes from the start of the claimed range, 0..size-1
     * @param widthBytes 1, 2, 4 or 8; {@code offset + widthBytes} lies in the range
     * @param value the value in the low {@code widthBytes} bytes; higher bits are zero
     */
    void write(long offset, int widthBytes, long value);
}
