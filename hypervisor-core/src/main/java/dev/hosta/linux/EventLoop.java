package dev.hosta.linux;

import dev.hosta.device.backend.Alarm;
import dev.hosta.device.backend.Polled;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * One thread that waits for many descriptors and calls back for those that are ready.
 *
 * <p>Level-triggered: a callback that leaves data is called again. An exception of a callback is
 * given to the handler of {@link #start} and the loop goes on.
 *
 * <p>Threading: all methods on any thread; callbacks and tasks run on the loop's own thread, one at
 * a time.
 */
public final class EventLoop implements AutoCloseable {
    /** Readable, or the other side hung up. */
    public static final int READABLE = 0x1;

    /** Writable. */
    public static final int WRITABLE = 0x4;

    /** Calls back once for each time that it becomes ready, not for as long as it is. */
    public static final int EDGE = 1 << 31;

    /** An error is pending; always reported. */
    public static final int ERROR = 0x8;

    /** The other side is gone; always reported. */
    public static final int HANG_UP = 0x10;

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;

    /** {@code struct epoll_event} is packed on x86-64: events at 0, data at 4. */
    private static final int EVENT_BYTES = 12;

    private static final int MAX_EVENTS = 32;

    private final FileDescriptor epoll;
    private final EventFd wakeUp;
    private final Thread thread;
    private final Thread.UncaughtExceptionHandler failures;
    private final Map<Integer, IntConsumer> callbacks = new ConcurrentHashMap<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Queue<LoopAlarm> alarms = new ConcurrentLinkedQueue<>();
    private final LoopPolling polling = new LoopPolling();
    private volatile boolean stopping;

    private EventLoop(String name, EventFd wakeUp, Thread.UncaughtExceptionHandler failures) {
        this.failures = failures;
        this.wakeUp = wakeUp;
        int number = Native.LIBC.epoll_create1(EPOLL_CLOEXEC);
        Native.checked(number, "create an event loop", "epoll_create1");
        this.epoll = FileDescriptor.owning(number);
        this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /**
     * Starts a loop.
     *
     * @param name of its thread
     * @param failures told of every exception that a callback or task lets out
     */
    public static EventLoop start(String name, Thread.UncaughtExceptionHandler failures) {
        EventFd wakeUp = EventFd.create();
        EventLoop loop;
        try {
            loop = new EventLoop(name, wakeUp, failures);
        } catch (LinuxException e) {
            wakeUp.close();
            throw e;
        }
        try {
            loop.add(loop.wakeUp.fd(), READABLE, events -> loop.wakeUp.drain());
            HostThread.start(loop.thread);
        } catch (LinuxException e) {
            wakeUp.close();
            loop.epoll.close();
            throw e;
        }
        return loop;
    }

    /**
     * Calls back whenever the descriptor is ready.
     *
     * @param fd stays its owner's; {@link #remove} it before it is closed
     * @param events {@link #READABLE}, {@link #WRITABLE} or both
     * @param callback takes the events that are there
     */
    public void add(FileDescriptor fd, int events, IntConsumer callback) {
        int number = fd.number();
        if (callbacks.putIfAbsent(number, callback) != null) {
            throw new IllegalStateException("Already in the event loop: " + fd);
        }
        try {
            control(EPOLL_CTL_ADD, number, events);
        } catch (LinuxException e) {
            callbacks.remove(number);
            throw e;
        }
    }

    /** Changes which events a descriptor is watched for; 0 pauses it. */
    public void change(FileDescriptor fd, int events) {
        control(EPOLL_CTL_MOD, fd.number(), events);
    }

    /**
     * Stops watching. When this returns, the callback is not running and never runs again, except
     * where it is itself the caller.
     */
    public void remove(FileDescriptor fd) {
        int number = fd.number();
        if (callbacks.remove(number) == null) {
            return;
        }
        control(EPOLL_CTL_DEL, number, 0);
        if (thread.isAlive()) {
            // What is called now was looked up before: it ends before a task does.
            call(() -> {});
        }
    }

    /**
     * Looks at this too, before it sleeps, while that promises to be quicker. What it says by a
     * descriptor is still to be {@linkplain #add added}.
     */
    public void addPolled(Polled polled) {
        call(() -> polling.add(polled));
    }

    /** Looks no more. When this returns, the polled is not being served, or by the caller. */
    public void removePolled(Polled polled) {
        call(() -> polling.remove(polled));
    }

    /**
     * Runs a task on the loop's thread and waits for its end; at once where that is the caller.
     *
     * @return false where the loop is closed: it has ended and the task did not run
     * @throws RuntimeException what the task threw
     */
    public boolean call(Runnable task) {
        if (isOwnThread()) {
            task.run();
            return true;
        }
        CompletableFuture<Void> end = new CompletableFuture<>();
        Runnable told =
                () -> {
                    try {
                        task.run();
                        end.complete(null);
                    } catch (RuntimeException e) {
                        end.completeExceptionally(e);
                    }
                };
        if (!offer(told)) {
            join();
            return false;
        }
        try {
            end.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
        return true;
    }

    /** Whether the caller runs on the loop's thread. */
    public boolean isOwnThread() {
        return Thread.currentThread() == thread;
    }

    /**
     * Runs a task on the loop's thread, after those given before.
     *
     * @throws IllegalStateException once the loop is closed
     */
    public void execute(Runnable task) {
        if (!offer(task)) {
            throw new IllegalStateException("The event loop is closed");
        }
    }

    /** Queues a task; false where the loop may have taken its last look at the queue. */
    private boolean offer(Runnable task) {
        tasks.add(task);
        if (stopping && tasks.remove(task)) {
            return false;
        }
        // The loop's own thread looks at the tasks before it waits again.
        if (!isOwnThread()) {
            wakeUp.signal();
        }
        return true;
    }

    /**
     * A new alarm that rings on the loop's thread; it lives as long as the loop.
     *
     * @throws LinuxException where the kernel refuses
     */
    public Alarm newAlarm() {
        LoopAlarm alarm = LoopAlarm.on(this);
        alarms.add(alarm);
        return alarm;
    }

    private void control(int operation, int number, int events) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EVENT_BYTES, 8);
            event.set(ValueLayout.JAVA_INT, 0, events);
            event.set(ValueLayout.JAVA_INT, 4, number);
            int result = Native.LIBC.epoll_ctl(epoll.number(), operation, number, event.address());
            Native.checked(result, "watch fd " + number, "epoll_ctl");
        }
    }

    private void run() {
        Consumer<Runnable> serving =
                work -> {
                    guarded(work);
                    runTasks();
                };
        BooleanSupplier otherWork = () -> stopping || !tasks.isEmpty();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate(EVENT_BYTES * MAX_EVENTS, 8);
            while (!stopping) {
                int timeout = polling.look(serving, otherWork) ? 0 : -1;
                int count =
                        Native.LIBC.epoll_wait(
                                epoll.number(), events.address(), MAX_EVENTS, timeout);
                if (count < 0 && Native.errno() != Errno.EINTR) {
                    throw new LinuxException("wait for events", "epoll_wait", Native.errno(), "");
                }
                // A result of the ring's may end the wait with EINTR and no event.
                polling.woken(serving);
                for (int i = 0; i < count && !stopping; i++) {
                    long at = (long) i * EVENT_BYTES;
                    int number = events.get(ValueLayout.JAVA_INT, at + 4);
                    int ready = events.get(ValueLayout.JAVA_INT, at);
                    IntConsumer callback = callbacks.get(number);
                    if (callback != null) {
                        guarded(() -> callback.accept(ready));
                    }
                }
                runTasks();
            }
        } finally {
            runTasks();
        }
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            guarded(task);
        }
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            failures.uncaughtException(thread, e);
        }
    }

    /** Ends the loop after the callback in progress and the tasks given; joins it. Idempotent. */
    @Override
    public void close() {
        if (epoll.isClosed()) {
            return;
        }
        stopping = true;
        wakeUp.signal();
        if (!isOwnThread()) {
            join();
        }
        alarms.forEach(LoopAlarm::close);
        wakeUp.close();
        epoll.close();
    }

    private void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
