package dev.hosta.device.virtio.net;

import java.util.concurrent.atomic.LongAdder;

/** Counts frames. Threading: any thread. */
final class NetCounting {
    private final LongAdder rxFrames = new LongAdder();
    private final LongAdder rxBytes = new LongAdder();
    private final LongAdder rxFiltered = new LongAdder();
    private final LongAdder rxDropped = new LongAdder();
    private final LongAdder txFrames = new LongAdder();
    private final LongAdder txBytes = new LongAdder();
    private final LongAdder txDropped = new LongAdder();
    private final LongAdder malformed = new LongAdder();

    void received(long frameBytes) {
        rxFrames.increment();
        rxBytes.add(frameBytes);
    }

    void filtered() {
        rxFiltered.increment();
    }

    void receivedInVain() {
        rxDropped.increment();
    }

    void sent(long frameBytes) {
        txFrames.increment();
        txBytes.add(frameBytes);
    }

    void refusedToSend() {
        txDropped.increment();
    }

    void malformed() {
        malformed.increment();
    }

    NetCounters snapshot() {
        return new NetCounters(
                rxFrames.sum(),
                rxBytes.sum(),
                rxFiltered.sum(),
                rxDropped.sum(),
                txFrames.sum(),
                txBytes.sum(),
                txDropped.sum(),
                malformed.sum());
    }
}
