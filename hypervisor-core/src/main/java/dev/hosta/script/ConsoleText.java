package dev.hosta.script;

import dev.hosta.device.backend.ConsoleOutput;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A guest's console as text to look for something in: from what was found last on, forward only.
 *
 * <p>Bytes are UTF-8; what is none reads as U+FFFD. While somebody looks, a guest that writes
 * faster than is looked at waits, so that nothing passes by unseen; while nobody does, the last
 * {@value #KEPT_BYTES} bytes are kept. A match lies within the last {@value #WINDOW_CHARS}
 * characters at least.
 *
 * <p>Threading: {@link #write} by any thread, {@link #await} by one, the rest by any.
 */
public final class ConsoleText implements ConsoleOutput {
    /** Bytes that wait to be looked at, at most. */
    public static final int KEPT_BYTES = 64 << 10;

    /** Characters within which a match is always found. */
    public static final int WINDOW_CHARS = 32 << 10;

    private static final int SCREEN_LINES = 24;
    private static final int SCREEN_BYTES = 8 << 10;

    /** Bytes that come within this time are looked at together. */
    private static final long BATCH_MILLIS = 2;

    /** How long a match that more text could change waits for that text. */
    private static final long REST_MILLIS = 50;

    private final byte[] chunk = new byte[KEPT_BYTES];

    // Of the thread that looks.
    private final StringBuilder seen = new StringBuilder();
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final CharBuffer chars = CharBuffer.allocate(KEPT_BYTES + 4);
    private final ByteBuffer undecoded = ByteBuffer.allocate(KEPT_BYTES + 4);
    private int from;

    // Guarded by this object's monitor.
    private final byte[] ring = new byte[KEPT_BYTES];
    private long total;
    private long taken;
    private boolean looking;
    private boolean starved;
    private boolean ended;

    /** Nothing shown yet. */
    public ConsoleText() {}

    @Override
    public synchronized void write(int value) {
        boolean interrupted = false;
        while (looking && !ended && total - taken == KEPT_BYTES) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (total - taken == KEPT_BYTES) {
            taken++;
        }
        ring[(int) (total % KEPT_BYTES)] = (byte) value;
        total++;
        if (starved) {
            starved = false;
            notifyAll();
        }
    }

    /**
     * The console of a guest that goes on beside this one from here: what was not looked at yet is
     * its own to look at. By the thread that looks, while the guest stands still.
     */
    public synchronized ConsoleText twin() {
        ConsoleText twin = new ConsoleText();
        twin.seen.append(seen);
        twin.from = from;
        twin.undecoded.put(undecoded.duplicate().flip());
        System.arraycopy(ring, 0, twin.ring, 0, KEPT_BYTES);
        twin.total = total;
        twin.taken = taken;
        return twin;
    }

    /** No more comes, and nobody waits any longer. Idempotent. */
    public synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Bytes that the guest has written so far. */
    public synchronized long total() {
        return total;
    }

    /**
     * Waits for something to be shown, behind what was found last.
     *
     * <p>A match at the very end of what there is, which more text could change, is taken once
     * nothing more came for {@value #REST_MILLIS} ms.
     *
     * @param pattern of a part of the text
     * @param endNanos {@link System#nanoTime} after which to give up
     * @return the match; empty when the time is up or the guest has ended without it
     * @throws StepException where looking itself takes too long
     */
    public Optional<MatchResult> await(Pattern pattern, long endNanos) throws InterruptedException {
        look(true);
        try {
            do {
                take();
                Matcher matcher = pattern.matcher(new Limited(seen, endNanos));
                matcher.region(from, seen.length());
                matcher.useAnchoringBounds(false).useTransparentBounds(true);
                if (!matcher.find()) {
                    forget();
                } else if (!matcher.hitEnd() || !awaitMore(restEnd(endNanos))) {
                    MatchResult found = matcher.toMatchResult();
                    from = found.end();
                    return Optional.of(found);
                }
            } while (awaitMore(endNanos));
            return Optional.empty();
        } finally {
            look(false);
        }
    }

    private static long restEnd(long endNanos) {
        long rest = System.nanoTime() + REST_MILLIS * 1_000_000;
        return endNanos - rest < 0 ? endNanos : rest;
    }

    private synchronized void look(boolean on) {
        looking = on;
        notifyAll();
    }

    /** Waits for bytes; false when there are none in time, or none any more. */
    private synchronized boolean awaitMore(long endNanos) throws InterruptedException {
        while (total == taken) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (ended || left <= 0) {
                return false;
            }
            starved = true;
            wait(left);
            starved = false;
            if (total > taken && total - taken < KEPT_BYTES / 2 && !ended) {
                wait(BATCH_MILLIS);
            }
        }
        return endNanos - System.nanoTime() > 0;
    }

    /** Moves what there is to the text that was seen. */
    private void take() {
        int length;
        synchronized (this) {
            length = (int) (total - taken);
            for (int i = 0; i < length; i++) {
                chunk[i] = ring[(int) ((taken + i) % KEPT_BYTES)];
            }
            taken += length;
            notifyAll();
        }
        undecoded.put(chunk, 0, length).flip();
        decoder.decode(undecoded, chars, false);
        undecoded.compact();
        seen.append(chars.flip());
        chars.clear();
    }

    /** Lets go of what is too far back for any match. */
    private void forget() {
        int excess = seen.length() - 2 * WINDOW_CHARS;
        if (excess > 0) {
            seen.delete(0, excess + WINDOW_CHARS);
            from = Math.max(0, from - excess - WINDOW_CHARS);
        }
    }

    /** The last lines that the guest wrote, without control characters. */
    public String screen() {
        String text;
        synchronized (this) {
            int length = (int) Math.min(total, SCREEN_BYTES);
            byte[] last = new byte[length];
            for (int i = 0; i < length; i++) {
                last[i] = ring[(int) ((total - length + i) % KEPT_BYTES)];
            }
            text = new String(last, StandardCharsets.UTF_8);
        }
        String plain =
                text.replaceAll("\u001b\\[[0-?]*[ -/]*[@-~]", "")
                        .replaceAll("[\\x00-\\x08\\x0b-\\x1f\\x7f]", "")
                        .stripTrailing();
        String[] lines = plain.split("\n");
        int first = Math.max(0, lines.length - SCREEN_LINES);
        return String.join("\n", Arrays.copyOfRange(lines, first, lines.length));
    }

    /** Text that nobody reads for longer than allowed: a regex can take for ever. */
    private static final class Limited implements CharSequence {
        private static final int LOOK_AT_CLOCK = 1 << 16;
        private static final long GRACE_NANOS = 1_000_000_000;

        private final CharSequence text;
        private final long endNanos;
        private int reads;

        Limited(CharSequence text, long endNanos) {
            this.text = text;
            this.endNanos = endNanos;
        }

        @Override
        public char charAt(int index) {
            if (++reads % LOOK_AT_CLOCK == 0 && System.nanoTime() - endNanos > GRACE_NANOS) {
                throw new StepException("it takes too long to look for this regex");
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
