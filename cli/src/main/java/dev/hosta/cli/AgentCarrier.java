package dev.hosta.cli;

import dev.hosta.linux.UnixStream;
import dev.hosta.script.AgentLink;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/**
 * Carries what a guest's agent and its host say to one another between this process, whose script
 * asks, and the one that is the guest's VMM.
 *
 * <p>Threading: two threads of its own, which end with the other process.
 */
final class AgentCarrier {
    private static final int CHUNK = 1 << 13;

    private final UnixStream line;
    private final AgentLink agent;
    private final BooleanSupplier isOver;

    /**
     * Carries nothing yet.
     *
     * @param line to the other process
     * @param agent the host's end, in this one
     * @param isOver whether the guest is there no more
     */
    AgentCarrier(UnixStream line, AgentLink agent, BooleanSupplier isOver) {
        this.line = line;
        this.agent = agent;
        this.isOver = isOver;
    }

    /** Carries from now on. */
    void start() {
        VmmProcess.start(this::take, "vmm-agent");
        VmmProcess.start(this::give, "vmm-commands");
    }

    private void take() {
        byte[] bytes = new byte[CHUNK];
        try {
            for (int n; (n = line.input().read(bytes, 0, CHUNK)) >= 0; ) {
                for (int i = 0; i < n; i++) {
                    agent.take(bytes[i] & 0xff);
                }
            }
        } catch (IOException e) {
            // The process has ended, which is waited for elsewhere.
            return;
        }
    }

    private void give() {
        try {
            while (true) {
                byte[] bytes = agent.awaitForGuest();
                if (bytes.length == 0 || isOver.getAsBoolean()) {
                    return;
                }
                line.output().write(bytes, 0, bytes.length);
            }
        } catch (IOException e) {
            // Likewise.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
