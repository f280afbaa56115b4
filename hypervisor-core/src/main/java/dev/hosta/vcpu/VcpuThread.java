package dev.hosta.vcpu;

import dev.hosta.linux.HostThread;
import dev.hosta.linux.LinuxException;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * Runs one vCPU: a platform thread that creates it, enters the guest, answers exits, and between
 * two entries looks into its mailbox.
 *
 * <pre>
 *   start ──> paused ──Run──> running ──Pause, crash──> paused ──Stop──> over
 * </pre>
 *
 * <p>A command first goes into the mailbox, then interrupts the vCPU; the thread first clears the
 * interrupt, then looks into the mailbox, then enters the guest. So whatever the interleaving, a
 * command is either seen before the entry or ends it.
 *
 * <p>Threading: public methods from any thread but the vCPU's own, except {@link #pauseSoon}, which
 * any thread may call. All that touches the vCPU happens on its own thread.
 */
public final class VcpuThread {

    private final int index;
    private final VirtualCpu.Factory factory;
    private final ExitDispatcher dispatcher;
    private final VcpuListener listener;
    private final BlockingQueue<VcpuCommand> mailbox = new LinkedBlockingQueue<>();
    private final CompletableFuture<VirtualCpu> created = new CompletableFuture<>();
    private final Thread thread;

    /** Set once, before {@link #created} completes; what {@link VirtualCpu#interrupt} kicks. */
    private volatile VirtualCpu cpu;

    /**
     * Set before the thread looks into its mailbox for the last time; a sender looks at it after it
     * has put its command in. So one of the two finds every late command.
     */
    private volatile boolean over;

    private boolean running;
    private boolean settled = true;

    /** Prepares the thread of vCPU {@code index}; {@link #start} starts it. */
    public VcpuThread(
            int index,
            VirtualCpu.Factory factory,
            ExitDispatcher dispatcher,
            VcpuListener listener) {
        this.index = index;
        this.factory = factory;
        this.dispatcher = dispatcher;
        this.listener = listener;
        this.thread = new Thread(null, this::loop, "vcpu" + index);
        thread.setDaemon(true);
    }

    /**
     * Starts the thread, which creates its vCPU and stays paused; does not wait for that.
     *
     * @throws LinuxException where the host has no thread
     */
    public void start() {
        HostThread.start(thread);
    }

    /** Lets the guest run, once the vCPU is there. */
    public void run() {
        send(new VcpuCommand.Run());
    }

    /** Asks for a pause and does not wait. Threading: any thread, the vCPU's own too. */
    public CompletableFuture<Void> pauseSoon() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        send(new VcpuCommand.Pause(done));
        return done;
    }

    /**
     * Applies a function to the settled vCPU on its own thread and waits for the result; a running
     * guest runs on afterwards.
     *
     * @return what the function gave
     * @throws RuntimeException what the function threw, or why the vCPU could not be created
     */
    public <T> T ask(Function<VirtualCpu, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        send(new VcpuCommand.Ask<>(question, answer));
        return join(answer);
    }

    /** Queues a non-maskable interrupt and waits until it is queued. */
    public void injectNmi() {
        ask(
                cpu -> {
                    cpu.injectNmi();
                    return null;
                });
    }

    /** Waits until the vCPU is created; throws why it could not be. */
    public void awaitCreated() {
        join(created);
    }

    /** Ends the thread, closing the vCPU, and waits for it. Idempotent. */
    public void stop() {
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        send(new VcpuCommand.Stop());
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(VcpuCommand command) {
        mailbox.add(command);
        VirtualCpu target = cpu;
        if (target != null) {
            target.interrupt();
        }
        if (over) {
            refuseMail();
        }
    }

    private static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void loop() {
        try (VirtualCpu mine = factory.create(index)) {
            cpu = mine;
            created.complete(mine);
            while (serve(mine)) {
                if (running) {
                    enter(mine);
                }
            }
        } catch (RuntimeException e) {
            if (!created.completeExceptionally(e)) {
                listener.hostFailed(index, e);
            }
        } finally {
            cpu = null;
            over = true;
            refuseMail();
        }
    }

    /** Serves the mailbox: all that is in it, and when paused waits for more. False ends. */
    private boolean serve(VirtualCpu mine) {
        mine.clearInterrupt();
        while (true) {
            VcpuCommand command = running ? mailbox.poll() : take();
            switch (command) {
                case null -> {
                    return true;
                }
                case VcpuCommand.Run r -> {
                    running = true;
                }
                case VcpuCommand.Pause p -> {
                    settle(mine);
                    running = false;
                    p.done().complete(null);
                }
                case VcpuCommand.Ask<?> a -> {
                    settle(mine);
                    a.answerFrom(mine);
                }
                case VcpuCommand.Stop s -> {
                    return false;
                }
            }
        }
    }

    private VcpuCommand take() {
        while (true) {
            try {
                return mailbox.take();
            } catch (InterruptedException e) {
                // Made here, as the first logger of a process costs a start ten milliseconds.
                System.getLogger(VcpuThread.class.getName())
                        .log(
                                System.Logger.Level.DEBUG,
                                "Interrupt of {0} ignored",
                                thread.getName());
            }
        }
    }

    private void enter(VirtualCpu mine) {
        settled = false;
        answer(mine, mine.run());
    }

    /** Finishes half-done port and MMIO accesses, so that the state is whole. */
    private void settle(VirtualCpu mine) {
        while (!settled) {
            VcpuExit exit = mine.settle();
            if (exit instanceof VcpuExit.Interrupted) {
                settled = true;
            } else {
                answer(mine, exit);
            }
        }
    }

    private void answer(VirtualCpu mine, VcpuExit exit) {
        ExitAnswer answer = dispatcher.dispatch(exit);
        if (answer == ExitAnswer.RESUME) {
            return;
        }
        switch (answer) {
            case ExitAnswer.Resume r -> {}
            case ExitAnswer.RefuseMsr m -> mine.reply(m);
            case ExitAnswer.HypercallResult h -> mine.reply(h);
            case ExitAnswer.GuestShutdown s -> {
                running = false;
                settled = true;
                listener.guestShutdown(index, s.reset());
            }
            case ExitAnswer.Crash c -> {
                running = false;
                settled = true;
                listener.crashed(index, c.reason(), mine);
            }
        }
    }

    /** Answers what came too late, so that nobody waits for ever. */
    private void refuseMail() {
        for (VcpuCommand late = mailbox.poll(); late != null; late = mailbox.poll()) {
            IllegalStateException over =
                    new IllegalStateException("The thread of vCPU " + index + " is over");
            switch (late) {
                case VcpuCommand.Pause p -> p.done().complete(null);
                case VcpuCommand.Ask<?> a -> a.answer().completeExceptionally(over);
                case VcpuCommand.Run r -> {}
                case VcpuCommand.Stop s -> {}
            }
        }
    }
}
