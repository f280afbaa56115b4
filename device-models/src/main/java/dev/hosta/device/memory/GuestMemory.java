package dev.hosta.device.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Guest physical memory: checked, little-endian access by gpa.
 *
 * <p>Every operation throws {@link GuestMemoryException} where {@code [gpa, gpa + length)} is not
 * wholly RAM, wraps past 2^64, or is written and read-only. Plain operations are neither atomic nor
 * ordered. The acquire, release and fence operations are the only memory ordering in the house:
 * they need natural alignment and throw {@link GuestMemoryException} without it.
 *
 * <p>Writes through this interface are seen by dirty tracking. Whoever lets the kernel write into
 * guest memory (a read system call into a segment of {@link #forEachSegment}) calls {@link
 * #markDirty} afterwards.
 *
 * <p>Threading: any thread; the guest's vCPUs write the same bytes at any moment.
 */
public interface GuestMemory {
    /** Reads one byte, 0..255. */
    int loadU8(long gpa);

    /** Reads two bytes at any alignment, 0..65535. */
    int loadU16(long gpa);

    /** Reads four bytes at any alignment, 0..2^32-1. */
    long loadU32(long gpa);

    /** Reads eight bytes at any alignment; unsigned. */
    long loadU64(long gpa);

    /** Writes the low byte of {@code value}. */
    void storeU8(long gpa, int value);

    /** Writes the low two bytes of {@code value} at any alignment. */
    void storeU16(long gpa, int value);

    /** Writes the low four bytes of {@code value} at any alignment. */
    void storeU32(long gpa, long value);

    /** Writes eight bytes at any alignment. */
    void storeU64(long gpa, long value);

    /**
     * Reads a 16-bit value with acquire ordering: loads after this call see what the guest stored
     * before it published the value (virtio 1.2 §2.7.13.3).
     *
     * @param gpa guest physical address, 2-byte aligned
     * @return the value, 0..65535
     */
    int loadAcquireU16(long gpa);

    /**
     * Writes a 16-bit value with release ordering: a guest that sees the value sees all stores
     * before this call (virtio 1.2 §2.7.8).
     *
     * @param gpa guest physical address, 2-byte aligned
     * @param value the low 16 bits are stored
     */
    void storeReleaseU16(long gpa, int value);

    /**
     * Full fence: stores before it are visible before loads after it. Needed between publishing an
     * index and reading the other side's event index (virtio 1.2 §2.7.10).
     */
    void fullFence();

    /** Copies {@code to.byteSize()} bytes from guest memory into {@code to}. */
    void read(long gpa, MemorySegment to);

    /** Copies all of {@code from} into guest memory. */
    void write(long gpa, MemorySegment from);

    /** Fills {@code [gpa, gpa + lengthBytes)} with one byte. */
    void fill(long gpa, long lengthBytes, byte value);

    /**
     * Checks {@code [gpa, gpa + lengthBytes)} and hands over the host memory behind it, in order,
     * as few segments as the map allows. For zero-copy I/O; the segments stay valid as long as the
     * machine's memory does.
     *
     * @param gpa first byte
     * @param lengthBytes length, 0 or more
     * @param writable whether the caller means to write, so that read-only memory is refused
     * @param action called once a segment, only after the whole range was checked
     */
    void forEachSegment(
            long gpa, long lengthBytes, boolean writable, Consumer<MemorySegment> action);

    /** Tells dirty tracking that the VMM or the host kernel wrote {@code [gpa, gpa + length)}. */
    void markDirty(long gpa, long lengthBytes);
}
