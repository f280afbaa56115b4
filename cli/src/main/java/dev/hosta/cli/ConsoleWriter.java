package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.HostThread;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Carries the guest's console output to a stream, few writes for many bytes.
 *
 * <p>A byte after a rest goes out at once, so that a prompt or an echo shows; those that follow
 * within {@value #LINGER_MILLIS} ms go together, at a line's end or when that time is up. A stream
 * that takes no bytes holds the writing vCPU up until it does or {@link #release} is called; one
 * that fails is told of once, and the guest runs on without it.
 *
 * <p>Threading: {@link #write} by any thread; the stream by one thread of this class's own.
 */
final class ConsoleWriter implements ConsoleOutput, AutoCloseable {
    private static final int LINGER_MILLIS = 2;
    private static final int CAPACITY = 1 << 16;
    private static final int CHUNK = 1 << 12;

    private final byte[] chunk = new byte[CHUNK];

    // Guarded by this object's monitor.
    private final byte[] ring = new byte[CAPACITY];
    private int head;
    private int count;
    private boolean lineEnded;
    private boolean starved;
    private boolean lingering;
    private boolean writing;
    private boolean flushing;
    private boolean released;
    private boolean closed;
    private boolean roomWanted;
    private Optional<Runnable> room = Optional.empty();

    /**
     * Starts to pass bytes on; those that came before have waited.
     *
     * @param what names the stream where it fails
     * @param notice takes a line for the user
     * @throws LinuxException where the host has no thread
     */
    void start(OutputStream stream, String what, Consumer<String> notice) {
        Thread thread = new Thread(() -> pass(stream, what, notice), "console-output");
        thread.setDaemon(true);
        HostThread.start(thread);
    }

    @Override
    public synchronized void write(int value) {
        boolean interrupted = false;
        while (count == CAPACITY && !released) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (released) {
            return;
        }
        ring[(head + count) % CAPACITY] = (byte) value;
        count++;
        lineEnded |= value == '\n';
        if (starved || lingering && isDue()) {
            notifyAll();
        }
    }

    /**
     * Takes bytes without waiting.
     *
     * @return how many; with less than all, {@link #onRoom} tells once when there is room
     */
    synchronized int offer(MemorySegment bytes) {
        if (released) {
            return (int) bytes.byteSize();
        }
        int taken = (int) Math.min(bytes.byteSize(), CAPACITY - count);
        for (int i = 0; i < taken; i++) {
            byte b = bytes.get(ValueLayout.JAVA_BYTE, i);
            ring[(head + count + i) % CAPACITY] = b;
            lineEnded |= b == '\n';
        }
        count += taken;
        roomWanted |= taken < bytes.byteSize();
        if (taken > 0 && (starved || lingering && isDue())) {
            notifyAll();
        }
        return taken;
    }

    /** Names what to call when there is room again after {@link #offer} took less than all. */
    synchronized void onRoom(Runnable action) {
        room = Optional.of(action);
    }

    private void tellOfRoom() {
        if (roomWanted) {
            roomWanted = false;
            room.ifPresent(Runnable::run);
        }
    }

    /** Ends the thread once it has passed on all that there is. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** Drops what comes from now on, so that nobody waits for room any more. */
    synchronized void release() {
        released = true;
        tellOfRoom();
        notifyAll();
    }

    /**
     * Waits until all bytes are out.
     *
     * @param millis at most this long; 0 for as long as it takes
     */
    synchronized void flush(long millis) {
        long start = System.nanoTime();
        flushing = true;
        notifyAll();
        try {
            while (count > 0 || writing) {
                long left = millis - (System.nanoTime() - start) / 1_000_000;
                if (millis > 0 && left <= 0) {
                    return;
                }
                wait(millis == 0 ? 0 : left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isDue() {
        return lineEnded || flushing || count >= CHUNK;
    }

    private void pass(OutputStream stream, String what, Consumer<String> notice) {
        long lastNanos = System.nanoTime() - 1_000_000L * LINGER_MILLIS;
        boolean failed = false;
        while (true) {
            int length;
            try {
                length = take(lastNanos);
            } catch (InterruptedException e) {
                release();
                return;
            }
            if (length == 0) {
                return;
            }
            if (!failed) {
                try {
                    stream.write(chunk, 0, length);
                } catch (IOException e) {
                    failed = true;
                    notice.accept(
                            "Cannot write the console to "
                                    + what
                                    + ": "
                                    + e.getMessage()
                                    + ". The guest runs on without it.");
                }
            }
            lastNanos = System.nanoTime();
            written();
        }
    }

    private synchronized void written() {
        writing = false;
        if (flushing) {
            notifyAll();
        }
    }

    /** Moves what is due into the chunk, waiting for it; gives its length, 0 after the end. */
    private synchronized int take(long lastNanos) throws InterruptedException {
        starved = true;
        while (count == 0) {
            if (closed) {
                return 0;
            }
            wait();
        }
        starved = false;
        lingering = true;
        while (!isDue()) {
            long restMillis = (System.nanoTime() - lastNanos) / 1_000_000;
            if (restMillis >= LINGER_MILLIS) {
                break;
            }
            wait(LINGER_MILLIS - restMillis);
        }
        lingering = false;
        if (count == CAPACITY) {
            notifyAll();
        }
        int length = Math.min(count, CHUNK);
        int untilEnd = Math.min(length, CAPACITY - head);
        System.arraycopy(ring, head, chunk, 0, untilEnd);
        System.arraycopy(ring, 0, chunk, untilEnd, length - untilEnd);
        head = (head + length) % CAPACITY;
        count -= length;
        tellOfRoom();
        lineEnded &= count > 0;
        writing = true;
        return length;
    }
}
