package dev.hosta.device.bus;

/**
 * A device whose registers are one byte each, as those of the ISA bus are: a wider access is as
 * many byte accesses, low address first.
 *
 * <p>Threading: as {@link BusDevice}.
 */
public interface ByteRegisters extends BusDevice {
    /**
     * Answers a read of one register.
     *
     * @param offset bytes from the start of the claimed range
     * @return the value in the low 8 bits; higher bits are ignored
     */
    int readByte(int offset);

    /**
     * Takes a write of one register.
     *
     * @param offset bytes from the start of the claimed range
     * @param value 0..255
     */
    void writeByte(int offset, int value);

    @Override
    default long read(long offset, int widthBytes) {
        long value = 0;
        for (int i = 0; i < widthBytes; i++) {
            value |= (readByte((int) offset + i) & 0xffL) << (8 * i);
        }
        return value;
    }

    @Override
    default void write(long offset, int widthBytes, long value) {
        for (int i = 0; i < widthBytes; i++) {
            writeByte((int) offset + i, (int) (value >>> (8 * i)) & 0xff);
        }
    }
}
