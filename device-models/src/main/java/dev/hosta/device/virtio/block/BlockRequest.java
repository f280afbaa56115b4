package dev.hosta.device.virtio.block;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.queue.DescriptorChain;
import dev.hosta.device.virtio.queue.SplitQueue;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * One request that the backend works on, possibly in several parts.
 *
 * <p>Threading: made and ended on the device's thread; parts end on any thread.
 */
final class BlockRequest {
    private final SplitQueue queue;
    private final DescriptorChain chain;
    private final BlockCommand command;
    private final AtomicInteger partsLeft;
    private volatile int status = VirtioBlk.S_OK;
    private boolean flushAfterwards;

    BlockRequest(SplitQueue queue, DescriptorChain chain, BlockCommand command, int parts) {
        this.queue = queue;
        this.chain = chain;
        this.command = command;
        this.partsLeft = new AtomicInteger(parts);
    }

    SplitQueue queue() {
        return queue;
    }

    DescriptorChain chain() {
        return chain;
    }

    BlockCommand command() {
        return command;
    }

    int status() {
        return status;
    }

    /** Asks for a flush before the request ends, where nobody else will flush. */
    void flushAfterwards() {
        flushAfterwards = true;
    }

    /** Whether a flush is due before the request ends; asks once. */
    boolean takeFlush() {
        boolean due = flushAfterwards && status == VirtioBlk.S_OK;
        flushAfterwards = false;
        if (due) {
            partsLeft.set(1);
        }
        return due;
    }

    /** One part has ended; whether it was the last. */
    boolean partEnded(BlockBackend.Result result) {
        switch (result) {
            case OK -> {}
            case IO_ERROR -> status = VirtioBlk.S_IOERR;
            case UNSUPPORTED -> status = VirtioBlk.S_UNSUPP;
        }
        return partsLeft.decrementAndGet() == 0;
    }

    /** Ends the request with a status of the device's own. */
    void refuse(int refusal) {
        status = refusal;
    }
}
