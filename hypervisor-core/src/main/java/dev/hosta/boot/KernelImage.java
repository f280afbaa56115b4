package dev.hosta.boot;

import java.nio.file.Path;

/**
 * An open kernel image, its headers checked. {@link KernelImages} opens it, {@link BootLoader} puts
 * it into guest memory.
 *
 * <p>Threading: one thread at a time.
 */
public abstract sealed class KernelImage implements AutoCloseable
        permits BzImage, ElfKernel, FlatBinary {
    private final ImageFile file;

    KernelImage(ImageFile file) {
        this.file = file;
    }

    /** The file's name as the user gave it. */
    public final Path path() {
        return file.path();
    }

    /** What the image is and how it is entered, for a person: {@code "Linux bzImage, …"}. */
    public abstract String description();

    /** How the guest gets its first instruction. */
    public abstract EntryMode entryMode();

    /** Longest command line in bytes, without its NUL, that the image takes. */
    public abstract int commandLineMaxBytes();

    /** Closes the file. */
    @Override
    public final void close() {
        file.close();
    }

    final ImageFile file() {
        return file;
    }

    /**
     * Copies the image into guest memory and writes what its boot protocol asks for. The command
     * line is in place already.
     */
    abstract EntryState load(BootContext context);
}
