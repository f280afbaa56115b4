package dev.hosta.migration;

import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.MappedMemory;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Descriptors and address space that are set aside while there are some, for the moment in which a
 * guest goes on: whoever has used up what the process may have by then has not used up these.
 *
 * <p>Threading: one thread.
 */
final class Provisions implements AutoCloseable {
    /** For a connection (the socket, two selectors of two), and a disk's file with its lease. */
    private static final int DESCRIPTORS = 16;

    /** What the JVM's compilers, and the C library for small things, ask for within seconds. */
    private static final long ADDRESS_SPACE_BYTES = 32 << 20;

    private final List<FileDescriptor> descriptors = new ArrayList<>();
    private Optional<MappedMemory> room = Optional.empty();

    private Provisions() {}

    /**
     * Sets them aside.
     *
     * @throws LinuxException where the host has not so much
     */
    static Provisions lay() {
        Provisions provisions = new Provisions();
        try {
            Path nothing = Path.of("/dev/null");
            for (int i = 0; i < DESCRIPTORS; i++) {
                FileDescriptor fd = FileDescriptor.open(nothing, FileDescriptor.O_RDONLY);
                provisions.descriptors.add(fd);
            }
            provisions.room = Optional.of(MappedMemory.anonymous(ADDRESS_SPACE_BYTES));
        } catch (LinuxException e) {
            provisions.close();
            throw e;
        }
        return provisions;
    }

    /** Gives them to whoever needs them now. Idempotent. */
    @Override
    public void close() {
        descriptors.forEach(FileDescriptor::close);
        descriptors.clear();
        room.ifPresent(MappedMemory::close);
        room = Optional.empty();
    }
}
