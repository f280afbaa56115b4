package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.control.Json;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.MachineOutcome;
import dev.hosta.script.AgentLink;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.ScriptGuest;
import dev.hosta.script.StepException;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * A guest whose VMM is another process, as a script's steps see it: they ask its API, as every
 * client does.
 *
 * <p>Threading: steps by the script's thread; what the guest shows, and its end, by threads of this
 * object's; {@link #outcome} and {@link #awaitEnd} by any.
 */
final class VmmGuest implements ScriptGuest {
    private static final int CHUNK = 1 << 13;
    private static final int LOOK_MILLIS = 20;
    private static final String CRASHED = "The guest crashed: ";

    private final ScriptVmms vmms;
    private final String name;
    private final VmmApi api;
    private final VmmProcess process;
    private final ConsoleText text;
    private final ConsoleOutput output;
    private final Optional<AgentLink> agent;

    // Of the script's thread.
    private List<Path> copies = List.of();
    private Optional<Path> listening = Optional.empty();

    // Guarded by this object's monitor.
    private boolean leaving;
    private boolean dead;
    private Optional<MachineOutcome> outcome = Optional.empty();

    /**
     * A process that was started.
     *
     * @param vmms starts further ones
     * @param name of its VM
     * @param text what the guest shows
     * @param output gets what the guest shows, for that text and others
     * @param agent the host's end of the agent in it, if it has one
     */
    VmmGuest(
            ScriptVmms vmms,
            String name,
            VmmProcess process,
            ConsoleText text,
            ConsoleOutput output,
            Optional<AgentLink> agent) {
        this.vmms = vmms;
        this.name = name;
        this.api = new VmmApi(name);
        this.process = process;
        this.text = text;
        this.output = output;
        this.agent = agent;
        Thread shown = VmmProcess.start(this::takeShown, "vmm-console");
        VmmProcess.start(() -> awaitDeath(shown), "vmm-guest");
    }

    private void takeShown() {
        byte[] bytes = new byte[CHUNK];
        try (InputStream in = process.process().getInputStream()) {
            for (int n; (n = in.read(bytes)) >= 0; ) {
                for (int i = 0; i < n; i++) {
                    output.write(bytes[i] & 0xff);
                }
            }
        } catch (IOException e) {
            // Its end alone matters, which is waited for elsewhere.
            return;
        }
    }

    private void awaitDeath(Thread shown) {
        try {
            int status = process.process().waitFor();
            shown.join();
            end(status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(int status) {
        synchronized (this) {
            dead = true;
            if (!leaving) {
                outcome =
                        Optional.of(
                                process.isClosed() ? new MachineOutcome.Stopped() : ended(status));
            }
            notifyAll();
        }
        if (outcome().isPresent()) {
            text.end();
            agent.ifPresent(AgentLink::end);
        }
    }

    /** What a status of the other process's says of its guest. */
    private MachineOutcome ended(int status) {
        List<String> said = process.messages();
        for (int i = 0; i < said.size(); i++) {
            if (status == ExitStatus.CRASHED && said.get(i).startsWith(CRASHED)) {
                String report = String.join("\n", said.subList(i + 1, said.size()));
                return new MachineOutcome.Crashed(said.get(i).substring(CRASHED.length()), report);
            }
        }
        return status == 0 ? new MachineOutcome.PoweredOff() : new MachineOutcome.Exited(status);
    }

    /** Carries from now on what the agent and its host say, as the guest runs over there. */
    VmmGuest begin() {
        if (agent.isPresent()) {
            new AgentCarrier(process.line().orElseThrow(), agent.get(), this::hasLeft).start();
        }
        return this;
    }

    private synchronized boolean hasLeft() {
        return leaving || dead;
    }

    /** Waits until the guest runs there. */
    VmmGuest awaitRunning(long endNanos) throws InterruptedException {
        awaitReady(() -> api.isServed(endNanos), endNanos);
        return this;
    }

    /** The guest is a fork: copies of disks that were made for it go with it. */
    VmmGuest asFork(long endNanos) {
        api.ask(endNanos, vm -> copies = api.copies(vm.get("vm.info")));
        return this;
    }

    /** Waits until the process waits for a guest. */
    VmmGuest awaitListening(Path socket, long endNanos) throws InterruptedException {
        awaitReady(
                () -> process.messages().stream().anyMatch(text -> text.contains("unix:" + socket)),
                endNanos);
        listening = Optional.of(socket);
        return this;
    }

    private void awaitReady(BooleanSupplier ready, long endNanos) throws InterruptedException {
        while (!ready.getAsBoolean()) {
            boolean late = endNanos - System.nanoTime() <= 0;
            if (late || process.process().waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                stop();
                throw new StepException(
                        late ? "the other VMM was not ready in time" : process.complaint());
            }
        }
    }

    /**
     * Has a VM of this host migrate to this process, which waits for it.
     *
     * @throws ControlException where it stayed where it was
     */
    void takeFrom(String source, long endNanos) throws InterruptedException {
        new VmmApi(source).awaitServed(endNanos);
        Map<String, Object> body =
                Map.of(
                        "destination_url",
                        "unix:" + listening.orElseThrow(),
                        "timeout_ms",
                        VmmApi.left(endNanos).toMillis());
        // Its own time ends it first, and then the guest is known to be where it was.
        try (ControlClient vm = ControlClient.connect(source, Duration.ZERO)) {
            vm.ask("vm.send-migration", Json.write(body));
        }
        begin();
        // It runs, and is asked for by the next step.
        while (!api.isServed(endNanos) && outcome().isEmpty() && endNanos - System.nanoTime() > 0) {
            awaitEnd(System.nanoTime() + LOOK_MILLIS * 1_000_000);
        }
    }

    @Override
    public ConsoleText console() {
        return text;
    }

    @Override
    public void send(byte[] bytes, long endNanos) throws InterruptedException {
        if (outcome().isPresent()) {
            throw new StepException("the guest has ended");
        }
        CompletableFuture<Void> typed = new CompletableFuture<>();
        VmmProcess.start(() -> type(bytes, typed), "vmm-typing");
        try {
            typed.get(VmmApi.left(endNanos).toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new StepException("the guest does not take what is typed", e);
        } catch (ExecutionException e) {
            throw new StepException("the guest has ended", e);
        }
    }

    private void type(byte[] bytes, CompletableFuture<Void> typed) {
        try {
            OutputStream in = process.process().getOutputStream();
            in.write(bytes);
            in.flush();
            typed.complete(null);
        } catch (IOException e) {
            typed.completeExceptionally(e);
        }
    }

    @Override
    public synchronized Optional<MachineOutcome> outcome() {
        return outcome;
    }

    @Override
    public synchronized Optional<MachineOutcome> awaitEnd(long endNanos)
            throws InterruptedException {
        while (outcome.isEmpty()) {
            long millis = (endNanos - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                break;
            }
            wait(millis);
        }
        return outcome;
    }

    @Override
    public long activity() {
        return text.total() + api.counted();
    }

    @Override
    public void pause() {
        api.ask(vm -> vm.put("vm.pause", ""));
    }

    @Override
    public void unpause() {
        api.ask(vm -> vm.put("vm.resume", ""));
    }

    @Override
    public void pressPowerButton() {
        api.ask(vm -> vm.put("vm.power-button", ""));
    }

    @Override
    public void stop() {
        process.close();
        for (Path copy : copies) {
            copy.toFile().delete();
        }
    }

    private static String destination(Path folder) {
        return Json.write(Map.of("destination_url", SaveCommand.url(folder)));
    }

    @Override
    public void snapshot(Path folder, long endNanos) {
        api.ask(endNanos, vm -> vm.put("vm.snapshot", destination(folder)));
    }

    @Override
    public void suspend(Path folder, long endNanos) {
        leaving(true);
        try {
            api.ask(endNanos, vm -> vm.ask("vm.suspend", destination(folder)));
        } catch (StepException e) {
            leaving(false);
            throw e;
        }
    }

    private synchronized void leaving(boolean now) {
        leaving = now;
        if (!now && dead) {
            outcome = Optional.of(ended(process.process().exitValue()));
        }
    }

    @Override
    public ScriptGuest resume(Path folder, long endNanos) throws InterruptedException {
        if (!hasLeft()) {
            throw new StepException("the guest is not suspended; suspend it first");
        }
        process.process().waitFor(VmmApi.left(endNanos).toMillis(), TimeUnit.MILLISECONDS);
        VmmGuest next = vmms.resume(folder, text, output, agent, endNanos);
        next.copies = copies;
        return next;
    }

    @Override
    public ScriptGuest fork(long endNanos) throws InterruptedException {
        return vmms.fork(name, agent.map(AgentLink::twin), endNanos);
    }

    @Override
    public ScriptGuest migrate(long endNanos) throws InterruptedException {
        VmmGuest there = vmms.receive(text, output, agent, endNanos);
        leaving(true);
        boolean gone = false;
        try {
            there.takeFrom(name, endNanos);
            there.copies = copies;
            gone = true;
        } catch (ControlException | LinuxException e) {
            throw SessionGuest.failed(e);
        } finally {
            if (!gone) {
                leaving(false);
                there.stop();
            }
        }
        return there;
    }

    @Override
    public CommandResult run(String command, long endNanos) throws InterruptedException {
        return link().run(command, endNanos, Optional.empty(), Optional.empty());
    }

    @Override
    public int exec(String command, long endNanos) throws InterruptedException {
        return link().run(command, endNanos, Optional.of(System.out), Optional.of(System.err))
                .status();
    }

    private AgentLink link() {
        return agent.orElseThrow(() -> new StepException("the guest has no agent"));
    }
}
