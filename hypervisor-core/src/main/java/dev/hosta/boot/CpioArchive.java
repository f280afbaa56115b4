package dev.hosta.boot;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a cpio archive of the form that the kernel's initramfs takes, {@code newc}: behind other
 * archives, of which the later ones go before.
 *
 * <pre>
 *   header, 110 bytes of ASCII: "070701" and 13 fields of 8 hex digits:
 *   ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
 *   name with a NUL, padded to 4 bytes; content, padded to 4 bytes
 * </pre>
 *
 * <p>Source: Documentation/driver-api/early-userspace/buffer-format.rst. Threading: one thread.
 */
public final class CpioArchive {
    /** Mode of a folder that all can read. */
    public static final int FOLDER = 0040755;

    /** Type bits of a regular file; permissions are added. */
    public static final int FILE = 0100000;

    /** Mode of a symbolic link. */
    public static final int LINK = 0120777;

    private static final long MAX_CONTENT_BYTES = 0xffff_ffffL;

    private final Counting out;
    private int inode;

    /** Writes what passes, and counts it. */
    private static final class Counting extends FilterOutputStream {
        private long position;

        Counting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int value) throws IOException {
            out.write(value);
            position++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            position += length;
        }

        void pad() throws IOException {
            while (position % 4 != 0) {
                write(0);
            }
        }
    }

    /** An empty archive; {@code out} stays the caller's, and stands at a multiple of 4 bytes. */
    public CpioArchive(OutputStream out) {
        this.out = new Counting(out);
    }

    /** What a member holds. */
    @FunctionalInterface
    public interface Content {
        /** Writes all of it. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Adds a member, owned by root.
     *
     * @param path without a slash at its start; folders go before what is in them
     * @param mode type and permissions
     * @param sizeBytes of the content, below 4 GiB
     * @param content writes exactly so many bytes
     * @throws IOException where it writes others, or is too large
     */
    public void add(String path, int mode, long sizeBytes, Content content) throws IOException {
        if (sizeBytes < 0 || sizeBytes > MAX_CONTENT_BYTES) {
            throw new IOException("too large for an initramfs: " + path);
        }
        header(path, mode, sizeBytes, ++inode);
        long begin = out.position;
        content.writeTo(out);
        if (out.position - begin != sizeBytes) {
            throw new IOException("changed while it was read: " + path);
        }
        out.pad();
    }

    /** Adds a folder, a symbolic link or a small file. */
    public void add(String path, int mode, byte[] content) throws IOException {
        add(path, mode, content.length, to -> to.write(content));
    }

    /** Ends the archive; nothing can be added any more. */
    public void end() throws IOException {
        header("TRAILER!!!", 0, 0, 0);
        out.flush();
    }

    private void header(String path, int mode, long sizeBytes, int number) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        long[] fields = {
            number, mode, 0, 0, 1, 0, sizeBytes, 0, 0, 0, 0, name.length + 1, 0,
        };
        StringBuilder text = new StringBuilder("070701");
        for (long field : fields) {
            text.append(String.format("%08x", field));
        }
        out.write(text.toString().getBytes(StandardCharsets.US_ASCII));
        out.write(name);
        out.write(0);
        out.pad();
    }
}
