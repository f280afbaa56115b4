package dev.hosta.device.virtio.block;

import dev.hosta.device.virtio.abi.VirtioBlk;

import java.util.concurrent.atomic.LongAdder;

/** Counts requests as they end. Threading: any thread. */
final class BlockCounting {
    private final LongAdder reads = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder writtenBytes = new LongAdder();
    private final LongAdder flushes = new LongAdder();
    private final LongAdder discards = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder malformed = new LongAdder();

    void ended(BlockCommand command, int status) {
        if (status != VirtioBlk.S_OK) {
            errors.increment();
            return;
        }
        switch (command) {
            case BlockCommand.Read read -> {
                reads.increment();
                readBytes.add(read.lengthBytes());
            }
            case BlockCommand.Write write -> {
                writes.increment();
                writtenBytes.add(write.lengthBytes());
            }
            case BlockCommand.Flush flush -> flushes.increment();
            case BlockCommand.Discard discard -> discards.increment();
            case BlockCommand.WriteZeroes zeroes -> discards.increment();
            case BlockCommand.Serial serial -> {}
            case BlockCommand.Refused refused -> {}
        }
    }

    void malformed() {
        malformed.increment();
    }

    BlockCounters snapshot() {
        return new BlockCounters(
                reads.sum(),
                readBytes.sum(),
                writes.sum(),
                writtenBytes.sum(),
                flushes.sum(),
                discards.sum(),
                errors.sum(),
                malformed.sum());
    }
}
