package dev.hosta.boot;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Opens kernel images: decides by content what a file is. */
public final class KernelImages {
    /** Enough for a bzImage's setup header, an ELF header and every signature looked for. */
    private static final int HEAD_BYTES = 4096;

    private KernelImages() {}

    /**
     * Opens a kernel image.
     *
     * <p>Without an address the content decides: a Linux bzImage, or an ELF file (PVH where it has
     * that note, otherwise the 64-bit Linux entry). With an address the file is a flat binary,
     * whatever it contains; see {@link FlatBinary#defaultMode} for how it is entered.
     *
     * @param file the file
     * @param flatGpa load address of a flat binary
     * @return the image, to be closed by the caller
     * @throws ImageException if it is none of these; the message says what it looks like
     */
    public static KernelImage open(Path file, OptionalLong flatGpa) {
        if (flatGpa.isPresent()) {
            long gpa = flatGpa.getAsLong();
            return openFlat(file, gpa, FlatBinary.defaultMode(gpa));
        }
        ImageFile image = ImageFile.open(file, "kernel");
        boolean opened = false;
        try {
            int headBytes = (int) Math.min(HEAD_BYTES, image.sizeBytes());
            ByteBuffer head = image.bytes(0, headBytes, "header");
            KernelImage kernel;
            if (ElfKernel.matches(head)) {
                kernel = new ElfKernel(image, ElfParser.parse(image, head));
            } else if (BzImage.matches(head)) {
                kernel = new BzImage(image, head);
            } else {
                throw image.invalid(ForeignImage.describe(head));
            }
            opened = true;
            return kernel;
        } finally {
            if (!opened) {
                image.close();
            }
        }
    }

    /**
     * Opens a flat binary: the file is copied to an address and entered at its first byte.
     *
     * @param file the file
     * @param gpa load address, any value; checked here and at load
     * @param mode how it is entered
     * @return the image, to be closed by the caller
     * @throws ImageException if the file cannot be opened or the mode cannot reach the address
     */
    public static FlatBinary openFlat(Path file, long gpa, EntryMode mode) {
        ImageFile image = ImageFile.open(file, "flat binary");
        boolean opened = false;
        try {
            FlatBinary binary = new FlatBinary(image, gpa, mode);
            opened = true;
            return binary;
        } finally {
            if (!opened) {
                image.close();
            }
        }
    }
}
