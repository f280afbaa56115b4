package dev.hosta.script;

import dev.hosta.device.legacy.AgentPort;
import dev.hosta.script.ScriptGuest.CommandResult;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The host's end of the agent in a guest: sends commands and takes what they write and their
 * status. The guest is not trusted: a frame that is none ends the talk with a message.
 *
 * <pre>
 *   agent to host   kind (1), length (2, little-endian), payload
 *                   H here I am, O output, E errors, S status (1)
 *   host to agent   A or B, once for each H; then length (4, little-endian), command
 * </pre>
 *
 * <p>Threading: {@link AgentPort.Host} by vCPUs; commands by one thread at a time. A guest that
 * writes faster than is read waits, unless nobody reads: then what is too much is lost.
 */
public final class AgentLink implements AgentPort.Host {
    /** Longest command in bytes. */
    public static final int MAX_COMMAND_BYTES = 65_535;

    /** What one command's output may be where it is kept; the rest is dropped. */
    private static final int MAX_KEPT_BYTES = 16 << 20;

    private static final int CAPACITY = 64 << 10;

    private final byte mode;

    // Of the thread that runs commands: whether one was left that may still write.
    private boolean busy;

    // Guarded by this object's monitor.
    private byte[] ring = new byte[CAPACITY];
    private int head;
    private int count;
    private ByteBuffer forGuest;
    private boolean reading;
    private boolean ended;
    private boolean here;

    /**
     * Nobody has answered yet.
     *
     * @param alone whether the agent is the guest's init; else it stands beside it
     */
    public AgentLink(boolean alone) {
        this.mode = (byte) (alone ? 'A' : 'B');
        // Before anybody runs a command: the guest's own init waits for it.
        this.forGuest = ByteBuffer.wrap(new byte[] {mode});
    }

    @Override
    public synchronized void take(int value) {
        boolean interrupted = false;
        while (count == CAPACITY && reading && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (count < CAPACITY) {
            ring[(head + count) % CAPACITY] = (byte) value;
            count++;
            notifyAll();
        }
    }

    @Override
    public synchronized int waiting() {
        return forGuest.remaining();
    }

    @Override
    public synchronized int next() {
        return forGuest.hasRemaining() ? forGuest.get() & 0xff : 0;
    }

    private static byte[] rest(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /**
     * Waits for bytes for the guest, and takes them: for whoever carries them to a guest elsewhere.
     *
     * @return at least one; none once the guest has ended
     */
    public synchronized byte[] awaitForGuest() throws InterruptedException {
        while (!forGuest.hasRemaining() && !ended) {
            wait();
        }
        byte[] bytes = ended ? new byte[0] : rest(forGuest);
        forGuest.position(forGuest.limit());
        return bytes;
    }

    /** Another machine: what was on its way is lost, and its agent is yet to come. */
    public synchronized void restart() {
        count = 0;
        here = false;
        forGuest = ByteBuffer.wrap(new byte[] {mode});
        notifyAll();
    }

    /**
     * The link of a guest that goes on beside this one from here: what is on its way is on its way
     * there as well. By the thread that runs commands, while the guest stands still.
     */
    public synchronized AgentLink twin() {
        AgentLink twin = new AgentLink(mode == 'A');
        twin.busy = busy;
        System.arraycopy(ring, 0, twin.ring, 0, CAPACITY);
        twin.head = head;
        twin.count = count;
        twin.forGuest = ByteBuffer.wrap(forGuest.array().clone());
        twin.forGuest.position(forGuest.position()).limit(forGuest.limit());
        twin.here = here;
        return twin;
    }

    /** The guest has ended, or is about to: nobody waits any longer. Idempotent. */
    public synchronized void end() {
        ended = true;
        notifyAll();
    }

    /**
     * Runs a command; waits for the agent first.
     *
     * @param endNanos {@link System#nanoTime} after which to give up
     * @param out gets the command's output as it comes; where empty, the result has it
     * @param err likewise its errors
     * @throws StepException where it is too long, the time is up, the guest has ended or talks
     *     nonsense
     */
    public CommandResult run(
            String command, long endNanos, Optional<OutputStream> out, Optional<OutputStream> err)
            throws InterruptedException {
        byte[] text = command.getBytes(StandardCharsets.UTF_8);
        if (text.length > MAX_COMMAND_BYTES) {
            throw new StepException("a command has at most " + MAX_COMMAND_BYTES + " bytes");
        }
        if (busy) {
            throw new StepException("the command before it has not ended");
        }
        AgentFrames frames = new AgentFrames(out, err, MAX_KEPT_BYTES);
        read(true);
        try {
            while (!isHere()) {
                frame(frames, endNanos);
            }
            ByteBuffer request =
                    ByteBuffer.allocate(4 + text.length).order(ByteOrder.LITTLE_ENDIAN);
            busy = true;
            give(request.putInt(text.length).put(text).flip());
            while (frames.status().isEmpty()) {
                if (frame(frames, endNanos) == 'H') {
                    throw new StepException("the guest started anew meanwhile");
                }
            }
            busy = false;
            return frames.result();
        } finally {
            read(false);
        }
    }

    private synchronized boolean isHere() {
        return here;
    }

    private synchronized void read(boolean on) {
        reading = on;
        notifyAll();
    }

    /** Puts bytes behind those that wait for the guest. */
    private synchronized void give(ByteBuffer bytes) {
        ByteBuffer all = ByteBuffer.allocate(forGuest.remaining() + bytes.remaining());
        forGuest = all.put(forGuest).put(bytes).flip();
        notifyAll();
    }

    private int frame(AgentFrames frames, long endNanos) throws InterruptedException {
        int kind = await(endNanos);
        int length = await(endNanos) | await(endNanos) << 8;
        ByteArrayOutputStream payload = new ByteArrayOutputStream(length);
        for (int i = 0; i < length; i++) {
            payload.write(await(endNanos));
        }
        if (kind == 'H') {
            synchronized (this) {
                if (here) {
                    forGuest = ByteBuffer.wrap(new byte[] {mode});
                    notifyAll();
                }
                here = true;
            }
        } else {
            frames.take(kind, payload.toByteArray());
        }
        return kind;
    }

    private synchronized int await(long endNanos) throws InterruptedException {
        while (count == 0) {
            long left = (endNanos - System.nanoTime()) / 1_000_000;
            if (ended || left <= 0) {
                throw new StepException(
                        here
                                ? "the command did not end" + (ended ? ", the guest did" : "")
                                : ended
                                        ? "the guest ended before its agent answered"
                                        : "the guest's agent did not answer");
            }
            wait(left);
        }
        int value = ring[head] & 0xff;
        head = (head + 1) % CAPACITY;
        count--;
        if (count == CAPACITY / 2) {
            notifyAll();
        }
        return value;
    }
}
