package dev.hosta.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code struct sockaddr_un} of a path, however long the path is.
 *
 * <pre>
 *  offset size field
 *       0    2 sun_family  AF_UNIX
 *       2  108 sun_path    NUL-terminated
 * </pre>
 *
 * <p>A path that does not fit is reached through its folder's descriptor: {@code
 * /proc/self/fd/N/NAME}. Source: unix(7), proc(5).
 */
final class UnixAddress implements AutoCloseable {
    private static final int SIZE = 110;
    private static final int PATH = 2;
    private static final int O_DIRECTORY = 0x10000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment address = arena.allocate(SIZE, 2);
    private final Optional<FileDescriptor> folder;

    private UnixAddress(byte[] path, Optional<FileDescriptor> folder) {
        this.folder = folder;
        address.set(ValueLayout.JAVA_SHORT, 0, (short) SocketCalls.AF_UNIX);
        MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, PATH, path.length);
    }

    /**
     * The address of a path.
     *
     * @throws LinuxException where the path is too long and its folder cannot be opened
     */
    static UnixAddress of(Path path) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= UnixSocket.MAX_PATH) {
            return new UnixAddress(bytes, Optional.empty());
        }
        Path parent = path.toAbsolutePath().getParent();
        FileDescriptor folder = FileDescriptor.open(parent, O_DIRECTORY);
        String through = "/proc/self/fd/" + folder.number() + "/" + path.getFileName();
        byte[] shorter = through.getBytes(StandardCharsets.UTF_8);
        if (shorter.length > UnixSocket.MAX_PATH) {
            folder.close();
            throw new LinuxException(
                    "use " + path + " as a socket", "sockaddr_un", 36, "Its name is too long.");
        }
        return new UnixAddress(shorter, Optional.of(folder));
    }

    /** Where the struct stands. */
    long hva() {
        return address.address();
    }

    /** Its size in bytes. */
    int sizeBytes() {
        return SIZE;
    }

    @Override
    public void close() {
        folder.ifPresent(FileDescriptor::close);
        arena.close();
    }
}
