package dev.hosta.vcpu;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What others ask of a vCPU's thread, through its mailbox, in order. */
sealed interface VcpuCommand {
    /** Run guest code. */
    record Run() implements VcpuCommand {}

    /**
     * Stop running guest code, with the state whole.
     *
     * @param done completed when it is so
     */
    record Pause(CompletableFuture<Void> done) implements VcpuCommand {}

    /**
     * Apply a function to the vCPU, settled, between two runs of guest code.
     *
     * @param question runs on the vCPU's thread
     * @param answer takes its result or what it threw
     */
    record Ask<T>(Function<VirtualCpu, T> question, CompletableFuture<T> answer)
            implements VcpuCommand {
        void answerFrom(VirtualCpu cpu) {
            try {
                answer.complete(question.apply(cpu));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    /** Close the vCPU and end the thread. */
    record Stop() implements VcpuCommand {}
}
