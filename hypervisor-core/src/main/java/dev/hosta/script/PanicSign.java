package dev.hosta.script;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Recognises on a console that a Linux kernel has panicked and does not go on.
 *
 * <p>Two lines make a panic: the one that says so, and the one that the kernel writes last, when it
 * stops for good or is about to reboot; so the trace between them is on the console by then. A
 * panic whose guest resets without that last line is told by {@link #cause}. Lines are looked at
 * where the kernel's text begins, at their start or behind a time stamp.
 *
 * <p>Source: kernel/panic.c, {@code vpanic}. Threading: one thread at a time.
 */
public final class PanicSign {
    private static final int LINE_BYTES = 256;
    private static final byte[] PANIC = ascii("Kernel panic - not syncing");
    private static final byte[] END = ascii("---[ end Kernel panic - not syncing");
    private static final byte[] REBOOT = ascii("Rebooting in ");

    private final byte[] line = new byte[LINE_BYTES];
    private int length;
    private Optional<String> cause = Optional.empty();
    private boolean over;

    /** Nothing seen yet. */
    public PanicSign() {}

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Takes the next byte of the console.
     *
     * @param value 0..255
     * @return whether it is the one that ends a panic; true once
     */
    public boolean take(int value) {
        if (value != '\n') {
            if (length < LINE_BYTES) {
                line[length++] = (byte) value;
            }
            return false;
        }
        boolean ended = !over && endsPanic();
        over |= ended;
        length = 0;
        return ended;
    }

    /** Why the kernel panicked, in its own words, as soon as it has said so. */
    public Optional<String> cause() {
        return cause;
    }

    private boolean endsPanic() {
        if (cause.isPresent()) {
            return find(END) >= 0 || find(REBOOT) >= 0;
        }
        int at = find(PANIC);
        if (at >= 0) {
            int from = at + PANIC.length;
            String rest = new String(line, from, length - from, StandardCharsets.ISO_8859_1);
            cause = Optional.of(rest.replaceAll("[^ -~]", "").replaceFirst("^: *", "").strip());
        }
        return false;
    }

    /** Where a text of the kernel's begins in the line; -1 where it does not. */
    private int find(byte[] text) {
        for (int at = 0; at + text.length <= length; at++) {
            boolean first = at == 0 || at > 1 && line[at - 1] == ' ' && line[at - 2] == ']';
            if (first && startsAt(at, text)) {
                return at;
            }
        }
        return -1;
    }

    private boolean startsAt(int at, byte[] text) {
        for (int i = 0; i < text.length; i++) {
            if (line[at + i] != text[i]) {
                return false;
            }
        }
        return true;
    }
}
