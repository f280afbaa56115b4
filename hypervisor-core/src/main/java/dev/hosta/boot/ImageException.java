package dev.hosta.boot;

import java.nio.file.Path;

/**
 * An image, or what was asked of it, cannot be booted. The message is one line: what was tried, on
 * which file, why it failed and what to do.
 *
 * <p>Image files are untrusted, so this is the only exception that they can cause.
 */
public final class ImageException extends RuntimeException {
    private final transient Path file;

    /**
     * Describes a failure.
     *
     * @param action what was tried, as it follows "Cannot", without the file name
     * @param file the file concerned
     * @param reason why it failed and what to do, sentences without the last full stop
     */
    ImageException(String action, Path file, String reason) {
        super("Cannot " + action + ' ' + oneLine(file.toString()) + ": " + reason + '.');
        this.file = file;
    }

    /** The file that could not be used. */
    public Path file() {
        return file;
    }

    /** File names may hold line breaks and terminal controls; an error message must not. */
    private static String oneLine(String name) {
        StringBuilder line = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            line.append(Character.isISOControl(c) ? '?' : c);
        }
        return line.toString();
    }
}
