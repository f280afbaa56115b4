package dev.hosta.junit;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.script.ConsoleLog;
import dev.hosta.script.ConsoleText;
import dev.hosta.script.PanicSign;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a guest's serial console goes: to who looks for text in it, to its log, and to who looks
 * out for a panic.
 *
 * <p>Threading: any thread writes.
 */
final class GuestFeed implements ConsoleOutput {
    private final ConsoleText text;
    private final BoundedLog kept = new BoundedLog();
    private final ConsoleLog log = new ConsoleLog(kept);
    private final Consumer<String> onPanic;

    // Guarded by this object's monitor.
    private final PanicSign sign = new PanicSign();

    /**
     * Nothing written yet.
     *
     * @param text gets all of it
     * @param onPanic gets why a kernel has panicked, once it has said all; on a vCPU's thread
     */
    GuestFeed(ConsoleText text, Consumer<String> onPanic) {
        this.text = text;
        this.onPanic = onPanic;
    }

    @Override
    public void write(int value) {
        text.write(value);
        log.write(value);
        Optional<String> panic;
        synchronized (this) {
            panic = sign.take(value) ? sign.cause() : Optional.empty();
        }
        panic.ifPresent(onPanic);
    }

    ConsoleText text() {
        return text;
    }

    /** All that it said, or the beginning and end of it; whole once the log has ended. */
    BoundedLog kept() {
        return kept;
    }

    /** Writes no more to the log. Idempotent. */
    void endLog() {
        log.close();
    }
}
