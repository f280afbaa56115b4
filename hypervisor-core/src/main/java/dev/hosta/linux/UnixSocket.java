package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Stream sockets with a place in the file system: unix(7). All are non-blocking.
 *
 * <p>Threading: any thread.
 */
final class UnixSocket {
    /** Most bytes of a path: {@code sun_path} less its end. */
    static final int MAX_PATH = 107;

    private static final int PATH_OFFSET = 2;
    private static final int ADDRESS_BYTES = PATH_OFFSET + MAX_PATH + 1;
    private static final int BACKLOG = 1;
    private static final int FLAGS = SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC;

    private UnixSocket() {}

    /** Bytes of a path as the kernel counts them. */
    static int lengthOf(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /**
     * Connects.
     *
     * @throws LinuxException {@link Errno#ENOENT} where nothing is there, {@link
     *     Errno#ECONNREFUSED} where nobody listens any more
     */
    static FileDescriptor connect(Path path) {
        FileDescriptor fd = create();
        try (Arena arena = Arena.ofConfined()) {
            long address = address(arena, path).address();
            int result = SocketCalls.connect(fd.number(), address, ADDRESS_BYTES);
            Native.checked(result, "connect to " + path, "connect");
            return fd;
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Listens at a path where nothing is.
     *
     * @throws LinuxException where the kernel refuses
     */
    static FileDescriptor listen(Path path) {
        FileDescriptor fd = create();
        try (Arena arena = Arena.ofConfined()) {
            long address = address(arena, path).address();
            int result = SocketCalls.bind(fd.number(), address, ADDRESS_BYTES);
            Native.checked(result, "listen at " + path, "bind");
            result = SocketCalls.listen(fd.number(), BACKLOG);
            Native.checked(result, "listen at " + path, "listen");
            return fd;
        } catch (LinuxException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Takes the next one who connects.
     *
     * @throws LinuxException {@link Errno#EAGAIN} where nobody waits
     */
    static FileDescriptor accept(FileDescriptor listening) {
        int number = SocketCalls.accept4(listening.number(), FLAGS);
        return FileDescriptor.owning(Native.checked(number, "accept a connection", "accept4"));
    }

    private static FileDescriptor create() {
        int type = SocketCalls.SOCK_STREAM | FLAGS;
        int number = SocketCalls.socket(SocketCalls.AF_UNIX, type, 0);
        return FileDescriptor.owning(Native.checked(number, "create a socket", "socket"));
    }

    private static MemorySegment address(Arena arena, Path path) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(ADDRESS_BYTES, 8);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) SocketCalls.AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, bytes.length);
        return address;
    }
}
