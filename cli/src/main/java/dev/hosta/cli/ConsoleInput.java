package dev.hosta.cli;

import dev.hosta.linux.HostThread;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Carries standard input to the guest's console, as fast as the guest takes it.
 *
 * <p>Threading: threads of its own, which the end of the process ends: one reads; on a terminal a
 * second one gives, so that the escape keys work when the guest takes nothing. {@link #roomCame} by
 * any thread.
 */
final class ConsoleInput implements AutoCloseable {
    /** Who takes the bytes. */
    interface Guest {
        /** Takes bytes and says how many; 0 when there is no room. */
        int offer(byte[] bytes, int offset, int length);

        /** Ends the guest, as the user asked. */
        void stop();
    }

    private static final int TYPED_AHEAD = 1024;

    private final InputStream in;
    private final Guest guest;
    private final boolean isTerminal;
    private final EscapeKeys keys = new EscapeKeys();
    private final BlockingQueue<byte[]> typed = new ArrayBlockingQueue<>(TYPED_AHEAD);
    private final CountDownLatch begun = new CountDownLatch(1);
    private volatile boolean closed;
    private boolean room;

    ConsoleInput(InputStream in, Guest guest, boolean isTerminal) {
        this.in = in;
        this.guest = guest;
        this.isTerminal = isTerminal;
    }

    /**
     * Starts the threads, which wait for {@link #begin}.
     *
     * @param notice takes a line for the user
     * @throws LinuxException where the host has none
     */
    void start(Consumer<String> notice) {
        start(() -> read(notice), "console-input");
        if (isTerminal) {
            start(this::giveTyped, "console-typed");
        }
    }

    private void start(Runnable task, String name) {
        Thread thread = new Thread(() -> onceBegun(task), name);
        thread.setDaemon(true);
        HostThread.start(thread);
    }

    private void onceBegun(Runnable task) {
        try {
            begun.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!closed) {
            task.run();
        }
    }

    /** Reads from now on. Idempotent. */
    void begin() {
        begun.countDown();
    }

    /** Nothing is read that was not begun to be. Idempotent. */
    @Override
    public void close() {
        closed = true;
        begun.countDown();
    }

    /** To be called when a guest that took nothing has room again. */
    synchronized void roomCame() {
        room = true;
        notifyAll();
    }

    private void read(Consumer<String> notice) {
        byte[] bytes = new byte[512];
        try {
            // The end of input is no end of the guest: it only gets nothing more.
            for (int length; (length = in.read(bytes)) >= 0; ) {
                if (isTerminal) {
                    take(bytes, length, notice);
                } else {
                    give(bytes, length);
                }
            }
        } catch (IOException e) {
            notice.accept("Cannot read standard input: " + e.getMessage() + ".");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(byte[] bytes, int length, Consumer<String> notice) {
        EscapeKeys.Wish wish = keys.filter(bytes, length);
        if (keys.kept() > 0) {
            // What no longer fits, far ahead of the guest, is lost as on a serial line.
            typed.offer(Arrays.copyOf(bytes, keys.kept()));
        }
        switch (wish) {
            case STOP -> guest.stop();
            case HELP, DETACH -> notice.accept(EscapeKeys.HELP_TEXT);
            case NONE -> {}
        }
    }

    private void giveTyped() {
        try {
            while (true) {
                byte[] bytes = typed.take();
                give(bytes, bytes.length);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void give(byte[] bytes, int length) throws InterruptedException {
        int taken = 0;
        while (taken < length) {
            synchronized (this) {
                room = false;
            }
            int count = guest.offer(bytes, taken, length - taken);
            taken += count;
            if (count == 0) {
                awaitRoom();
            }
        }
    }

    private synchronized void awaitRoom() throws InterruptedException {
        while (!room) {
            wait();
        }
    }
}
