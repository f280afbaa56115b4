package dev.hosta.kvm;

import java.util.OptionalLong;

/**
 * A guest address whose writes ring an eventfd instead of exiting.
 *
 * @param port whether {@code address} is a port rather than a gpa
 * @param address gpa or port
 * @param lengthBytes width of the write: 1, 2, 4, 8; 0 takes any width
 * @param value the one value that rings; any where empty
 */
public record KvmIoEvent(boolean port, long address, int lengthBytes, OptionalLong value) {
    /** Any write of that width to a gpa. */
    public static KvmIoEvent mmio(long gpa, int lengthBytes) {
        return new KvmIoEvent(false, gpa, lengthBytes, OptionalLong.empty());
    }

    /** Any write of that width to a port. */
    public static KvmIoEvent port(int port, int lengthBytes) {
        return new KvmIoEvent(true, port, lengthBytes, OptionalLong.empty());
    }

    /** The same for one value alone. */
    public KvmIoEvent matching(long onlyValue) {
        return new KvmIoEvent(port, address, lengthBytes, OptionalLong.of(onlyValue));
    }
}
