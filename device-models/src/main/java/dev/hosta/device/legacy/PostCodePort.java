package dev.hosta.device.legacy;

import dev.hosta.device.bus.ByteRegisters;

/**
 * The port for power-on self-test codes, which kernels also write to wait a microsecond: takes
 * every write and answers all ones.
 *
 * <p>It has no state. Threading: any thread.
 */
public final class PostCodePort implements ByteRegisters {
    /** Size of the register in bytes. */
    public static final int SIZE_BYTES = 1;

    @Override
    public int readByte(int offset) {
        return 0xff;
    }

    @Override
    public void writeByte(int offset, int value) {}
}
