package dev.hosta.cli;

import dev.hosta.machine.SpecException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The guests that come with Hosta: {@code NAME.elf} in the folder {@code guests} of what the
 * launcher starts from.
 */
final class BuiltInGuests {
    private BuiltInGuests() {}

    /**
     * The image of a guest.
     *
     * @throws SpecException where there is none of that name
     */
    static Path image(String name) {
        Path image = folder().resolve(name + ".elf");
        // A name, never a path: what a shell's completion added is not a guest of ours.
        if (name.indexOf('/') >= 0 || name.isEmpty() || !Files.isRegularFile(image)) {
            throw new SpecException(
                    "There is no built-in guest '"
                            + name
                            + "'. 'hosta run --list' shows them all; an image of your own goes"
                            + " with --kernel.");
        }
        return image;
    }

    /** One line a guest: its name and arguments, and what it does. */
    static List<String> list() {
        try {
            return Files.readAllLines(folder().resolve("list"));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the list of built-in guests", e);
        }
    }

    private static Path folder() {
        return Path.of(System.getProperty("hosta.dist", ""), "guests");
    }
}
