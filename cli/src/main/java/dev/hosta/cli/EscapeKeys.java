package dev.hosta.cli;

/**
 * The keys behind {@code Ctrl-]}, picked out of what is typed on a terminal.
 *
 * <p>Threading: one thread.
 */
final class EscapeKeys {
    /** What the user wants of Hosta, not of the guest. */
    enum Wish {
        /** Nothing; the bytes are the guest's. */
        NONE,
        /** The guest's end. */
        STOP,
        /** To leave the guest to itself. */
        DETACH,
        /** To see which keys there are. */
        HELP
    }

    /** What {@link Wish#HELP} shows. */
    static final String HELP_TEXT =
            "Ctrl-] x ends the guest, Ctrl-] Ctrl-] sends Ctrl-], Ctrl-] ? shows this.";

    private static final byte ESCAPE = 0x1d;

    private boolean escaped;
    private int kept;

    /**
     * Takes the escapes out of bytes that were typed, in place, up to the first wish.
     *
     * @param length how many bytes are there; after a wish the rest is dropped
     * @return the wish; {@link #kept} bytes before it are the guest's
     */
    Wish filter(byte[] bytes, int length) {
        kept = 0;
        for (int i = 0; i < length; i++) {
            byte b = bytes[i];
            if (!escaped && b == ESCAPE) {
                escaped = true;
                continue;
            }
            if (escaped && b != ESCAPE) {
                escaped = false;
                return switch (b) {
                    case 'x' -> Wish.STOP;
                    case 'd' -> Wish.DETACH;
                    default -> Wish.HELP;
                };
            }
            escaped = false;
            bytes[kept++] = b;
        }
        return Wish.NONE;
    }

    /** How many bytes of the last {@link #filter} are the guest's, at the array's start. */
    int kept() {
        return kept;
    }
}
