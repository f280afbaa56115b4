package dev.hosta.device.legacy;

import java.util.ArrayList;
import java.util.List;

/**
 * The receiving half of a {@link Uart16550}: the queue of what the host sent, and the 16-byte FIFO
 * that the guest reads.
 *
 * <p>A character is its byte, plus {@link #BREAK} or {@link #LOOPED}. The queue is the line: what
 * is in it has not arrived yet, and a reset of the FIFO puts the host's characters back there, as
 * if they came a moment later. So a driver that resets FIFOs while it sets up loses no input.
 *
 * <p>Threading: none of its own; the UART holds its lock around every call.
 */
final class Uart16550Receiver {
    /** Characters in the FIFO of a 16550A. */
    static final int FIFO_DEPTH = 16;

    /** Characters that the host may queue. */
    static final int INPUT_CAPACITY = 4096;

    /** The queue's length: the FIFO's characters fit on top when they come back. */
    static final int QUEUE_LENGTH = INPUT_CAPACITY + FIFO_DEPTH;

    /** The character is a break condition. */
    static final int BREAK = 0x100;

    /** The character came from the UART's own transmitter. */
    static final int LOOPED = 0x200;

    private final int[] fifo = new int[FIFO_DEPTH];
    private final int[] queue = new int[QUEUE_LENGTH];
    private int fifoCount;
    private int queueHead;
    private int queueCount;

    /** Characters in the FIFO. */
    int count() {
        return fifoCount;
    }

    /** Characters that {@link #enqueue} takes at this moment. */
    int room() {
        return Math.max(0, INPUT_CAPACITY - queueCount);
    }

    /** Puts a character of the host's on the line; the caller saw that there is room. */
    void enqueue(int character) {
        queue[(queueHead + queueCount++) % QUEUE_LENGTH] = character;
    }

    /** Moves characters from the line into the FIFO until it holds {@code target}. */
    void feed(int target) {
        while (fifoCount < target && queueCount > 0) {
            fifo[fifoCount++] = queue[queueHead];
            queueHead = (queueHead + 1) % QUEUE_LENGTH;
            queueCount--;
        }
    }

    /**
     * Takes a character that the UART's own transmitter sent.
     *
     * @param depth what the receiver holds in its mode: 16, or 1 without FIFO
     * @return false on overrun: the FIFO keeps what it has, the lone buffer takes the new one
     */
    boolean loop(int character, int depth) {
        if (fifoCount < depth) {
            fifo[fifoCount++] = character | LOOPED;
            return true;
        }
        if (depth == 1) {
            fifo[0] = character | LOOPED;
        }
        return false;
    }

    /** The oldest character, which the guest reads next; 0 where there is none. */
    int top() {
        return fifoCount == 0 ? 0 : fifo[0];
    }

    /** The guest saw the break that the oldest character is; what is left is a zero byte. */
    void acknowledgeBreak() {
        fifo[0] &= ~BREAK;
    }

    /** Whether any character in the FIFO is a break. */
    boolean holdsBreak() {
        for (int i = 0; i < fifoCount; i++) {
            if ((fifo[i] & BREAK) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Removes the oldest character and gives its byte; 0 where there is none. */
    int take() {
        int character = top();
        if (fifoCount > 0) {
            fifoCount--;
            System.arraycopy(fifo, 1, fifo, 0, fifoCount);
        }
        return character & 0xff;
    }

    /** Empties the FIFO: the host's characters go back to the line, looped ones are lost. */
    void flush() {
        while (fifoCount > 0) {
            int character = fifo[--fifoCount];
            if ((character & LOOPED) == 0) {
                queueHead = (queueHead + QUEUE_LENGTH - 1) % QUEUE_LENGTH;
                queue[queueHead] = character;
                queueCount++;
            }
        }
    }

    /** The FIFO, oldest first. */
    List<Integer> fifo() {
        List<Integer> characters = new ArrayList<>(fifoCount);
        for (int i = 0; i < fifoCount; i++) {
            characters.add(fifo[i]);
        }
        return characters;
    }

    /** The line, oldest first. */
    List<Integer> queue() {
        List<Integer> characters = new ArrayList<>(queueCount);
        for (int i = 0; i < queueCount; i++) {
            characters.add(queue[(queueHead + i) % QUEUE_LENGTH]);
        }
        return characters;
    }

    /** Takes over what a checked state holds. */
    void restore(List<Integer> fifoCharacters, List<Integer> queueCharacters) {
        fifoCount = 0;
        for (int character : fifoCharacters) {
            fifo[fifoCount++] = character;
        }
        queueHead = 0;
        queueCount = 0;
        queueCharacters.forEach(this::enqueue);
    }
}
