package dev.hosta.control;

import dev.hosta.device.backend.ConsoleOutput;

import java.util.Optional;

/**
 * The console of a VM between the guest and all who look at it: passes the guest's bytes on, keeps
 * the last {@value #KEPT_BYTES} of them for who comes later, and lets one of those who are attached
 * write.
 *
 * <p>A reader that is slow loses bytes, never the guest time.
 *
 * <p>Threading: any thread.
 */
public final class ConsoleHub implements ConsoleOutput {
    /** The guest's end of the input. */
    @FunctionalInterface
    public interface Guest {
        /** Takes bytes and says how many; 0 where there is no room. */
        int offer(byte[] bytes, int offset, int length);
    }

    /** How much a late reader still sees. */
    public static final int KEPT_BYTES = 64 << 10;

    private static final long ROOM_MILLIS = 500;

    private final ConsoleOutput next;
    private final Guest guest;

    // Guarded by this object's monitor.
    private final byte[] ring = new byte[KEPT_BYTES];
    private long total;
    private long rooms;
    private int waiting;
    private int attached;
    private boolean closed;
    private Optional<Integer> writer = Optional.empty();

    /**
     * A console without history.
     *
     * @param next gets every byte of the guest's at once
     * @param guest takes what is typed
     */
    public ConsoleHub(ConsoleOutput next, Guest guest) {
        this.next = next;
        this.guest = guest;
    }

    @Override
    public void write(int value) {
        synchronized (this) {
            ring[(int) (total % KEPT_BYTES)] = (byte) value;
            total++;
            if (waiting > 0) {
                notifyAll();
            }
        }
        next.write(value);
    }

    /** To be called when a guest that took no input has room again, or is another. */
    public synchronized void roomCame() {
        rooms++;
        notifyAll();
    }

    /**
     * No more comes: readers end once they have all. Idempotent.
     *
     * @param millis how long to wait for them, at most
     */
    public synchronized void close(long millis) {
        closed = true;
        notifyAll();
        long start = System.nanoTime();
        try {
            while (attached > 0) {
                long left = millis - (System.nanoTime() - start) / 1_000_000;
                if (left <= 0) {
                    return;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many are attached. */
    public synchronized int attached() {
        return attached;
    }

    /** The process that may write; empty while nobody does. */
    public synchronized Optional<Integer> writer() {
        return writer;
    }

    /**
     * Takes the right to write, where nobody else has it.
     *
     * @param pid of who will write
     */
    public synchronized boolean claim(int pid) {
        if (writer.isEmpty()) {
            writer = Optional.of(pid);
        }
        return writer.get() == pid;
    }

    /** One who is attached, and how far it has read. */
    public final class Reader implements AutoCloseable {
        private final int pid;
        private long position;
        private boolean gone;

        private Reader(int pid, long position) {
            this.pid = pid;
            this.position = position;
        }

        /**
         * Waits for bytes.
         *
         * @return how many were put into {@code to}; -1 after the last
         */
        public int read(byte[] to) throws InterruptedException {
            synchronized (ConsoleHub.this) {
                while (position == total && !closed && !gone) {
                    waiting++;
                    try {
                        ConsoleHub.this.wait();
                    } finally {
                        waiting--;
                    }
                }
                if (gone || position == total) {
                    return -1;
                }
                position = Math.max(position, total - KEPT_BYTES);
                int length = (int) Math.min(to.length, total - position);
                for (int i = 0; i < length; i++) {
                    to[i] = ring[(int) ((position + i) % KEPT_BYTES)];
                }
                position += length;
                return length;
            }
        }

        /**
         * Gives bytes to the guest; waits a little where it has no room. Bytes of who may not write
         * are dropped.
         *
         * @return how many are done with, 0 where the guest still has no room
         */
        public int give(byte[] bytes, int offset, int length) throws InterruptedException {
            if (!claim(pid)) {
                return length;
            }
            long before = rooms();
            int count = guest.offer(bytes, offset, length);
            if (count > 0) {
                return count;
            }
            synchronized (ConsoleHub.this) {
                if (rooms == before && !closed && !gone) {
                    ConsoleHub.this.wait(ROOM_MILLIS);
                }
                return closed || gone ? length : 0;
            }
        }

        /** Gives the right to write back; reading goes on. */
        public void endInput() {
            synchronized (ConsoleHub.this) {
                if (writer.isPresent() && writer.get() == pid) {
                    writer = Optional.empty();
                }
            }
        }

        /** Gives the right to write back, and wakes {@link #read}. Idempotent. */
        @Override
        public void close() {
            synchronized (ConsoleHub.this) {
                if (gone) {
                    return;
                }
                gone = true;
                attached--;
                endInput();
                ConsoleHub.this.notifyAll();
            }
        }
    }

    private synchronized long rooms() {
        return rooms;
    }

    /**
     * Attaches a reader, from the oldest line that is kept.
     *
     * @param pid whose it is
     */
    public synchronized Reader attach(int pid) {
        attached++;
        claim(pid);
        long from = Math.max(0, total - KEPT_BYTES);
        if (from > 0) {
            while (from < total && ring[(int) (from % KEPT_BYTES)] != '\n') {
                from++;
            }
        }
        return new Reader(pid, from);
    }
}
