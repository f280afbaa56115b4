package dev.hosta.snapshot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The sign in a saved form that its guest stopped when it was saved and has gone on nowhere since:
 * the file {@value #NAME}, which holds the save's id. A suspend makes it, the first resume takes
 * it. Where it is not, the guest may run a second time from that instant, and gets another
 * generation id.
 */
final class UnresumedMark {
    /** Name in the folder. */
    static final String NAME = "unresumed";

    private UnresumedMark() {}

    /** The file's content. */
    static byte[] bytes(String id) {
        return (id + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Takes the mark away. Of many that try, at most one has it.
     *
     * @param id of the save
     * @return whether it was there, of this save, and is not any more
     */
    static boolean take(Path folder, String id) {
        Path file = folder.resolve(NAME);
        byte[] wanted = bytes(id);
        try {
            return Files.size(file) == wanted.length
                    && Arrays.equals(Files.readAllBytes(file), wanted)
                    && Files.deleteIfExists(file);
        } catch (IOException e) {
            // Not there, or not to be taken: the guest gets another id, which is always right.
            return false;
        }
    }
}
