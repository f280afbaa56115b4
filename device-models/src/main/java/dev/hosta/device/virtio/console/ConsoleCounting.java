package dev.hosta.device.virtio.console;

import java.util.concurrent.atomic.LongAdder;

/** Counts as things happen. Threading: any thread. */
final class ConsoleCounting {
    private final LongAdder toGuestBytes = new LongAdder();
    private final LongAdder fromGuestBytes = new LongAdder();
    private final LongAdder droppedBytes = new LongAdder();
    private final LongAdder controls = new LongAdder();
    private final LongAdder ignoredControls = new LongAdder();
    private final LongAdder malformed = new LongAdder();

    void toGuest(long bytes) {
        toGuestBytes.add(bytes);
    }

    void fromGuest(long bytes) {
        fromGuestBytes.add(bytes);
    }

    void dropped(long bytes) {
        droppedBytes.add(bytes);
    }

    void control() {
        controls.increment();
    }

    void ignoredControl() {
        ignoredControls.increment();
    }

    void malformed() {
        malformed.increment();
    }

    ConsoleCounters snapshot() {
        return new ConsoleCounters(
                toGuestBytes.sum(),
                fromGuestBytes.sum(),
                droppedBytes.sum(),
                controls.sum(),
                ignoredControls.sum(),
                malformed.sum());
    }
}
