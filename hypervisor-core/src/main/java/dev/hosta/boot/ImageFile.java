package dev.hosta.boot;

import dev.hosta.device.memory.GuestMemory;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * An open image file: headers are read into small buffers, bulk goes from the page cache into guest
 * memory in one copy.
 *
 * <p>Threading: one thread at a time.
 */
final class ImageFile implements AutoCloseable {
    private final Path path;
    private final String what;
    private final FileChannel channel;
    private final long sizeBytes;

    private ImageFile(Path path, String what, FileChannel channel, long sizeBytes) {
        this.path = path;
        this.what = what;
        this.channel = channel;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Opens a regular, non-empty file for reading.
     *
     * @param what what messages call it: {@code kernel} or {@code initrd}
     * @throws ImageException if it is missing, unreadable, empty or not a regular file
     */
    static ImageFile open(Path path, String what) {
        String action = "open the " + what;
        try {
            // Looked at before it is opened: opening a FIFO would wait for its writer.
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new ImageException(action, path, "it is a directory. Name a file");
            }
            if (!attributes.isRegularFile()) {
                throw new ImageException(
                        action, path, "it is not a regular file. Copy its content to a file first");
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                long sizeBytes = channel.size();
                if (sizeBytes == 0) {
                    throw new ImageException(action, path, "the file is empty");
                }
                return new ImageFile(path, what, channel, sizeBytes);
            } catch (IOException | ImageException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new ImageException(action, path, "there is no such file");
        } catch (AccessDeniedException e) {
            throw new ImageException(
                    action, path, "permission denied. Give this user the right to read it");
        } catch (FileSystemException e) {
            String reason = e.getReason();
            throw new ImageException(action, path, reason == null ? "it cannot be read" : reason);
        } catch (IOException e) {
            throw failed(action, path, e);
        }
    }

    /** The file's name as the user gave it. */
    Path path() {
        return path;
    }

    /** Size in bytes when the file was opened, 1 or more. */
    long sizeBytes() {
        return sizeBytes;
    }

    /**
     * Reads a header.
     *
     * @param offset first byte; offset and length come from the image and may be anything
     * @param lengthBytes how many bytes
     * @param part what messages call the range
     * @return a little-endian buffer with exactly these bytes
     * @throws ImageException if the file ends before
     */
    ByteBuffer bytes(long offset, int lengthBytes, String part) {
        if (offset < 0 || lengthBytes < 0 || offset > sizeBytes - lengthBytes) {
            throw invalid(
                    "its "
                            + part
                            + " would end at byte "
                            + Long.toUnsignedString(offset + lengthBytes)
                            + ", the file has "
                            + sizeBytes
                            + ". It is truncated or damaged");
        }
        ByteBuffer bytes = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, offset + bytes.position()) < 0) {
                    throw new EOFException("the file became shorter while it was read");
                }
            }
        } catch (IOException e) {
            throw failed("read the " + what, path, e);
        }
        return bytes.flip();
    }

    /**
     * Copies a part of the file into guest memory. The caller has checked the range on both sides.
     *
     * @param memory guest memory
     * @param gpa where the first byte goes
     * @param offset first byte in the file
     * @param lengthBytes how many bytes, 0 or more
     */
    void copyTo(GuestMemory memory, long gpa, long offset, long lengthBytes) {
        if (lengthBytes == 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            memory.write(
                    gpa, channel.map(FileChannel.MapMode.READ_ONLY, offset, lengthBytes, arena));
        } catch (IOException e) {
            throw failed("read the " + what, path, e);
        } catch (InternalError e) {
            // How the JVM reports SIGBUS: a page of the mapping no longer has a file behind it.
            throw invalid("the file became shorter, or its disk failed, while it was read");
        }
    }

    /** An exception that says why this file cannot be loaded. */
    ImageException invalid(String reason) {
        return new ImageException("load the " + what, path, reason);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed("close the " + what, path, e);
        }
    }

    private static ImageException failed(String action, Path path, IOException e) {
        ImageException failure = new ImageException(action, path, String.valueOf(e.getMessage()));
        failure.initCause(e);
        return failure;
    }
}
