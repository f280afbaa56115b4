package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.hosta.device.backend.ConsoleOutput;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** A guest program of src-test-images on a machine, and what it said so far. */
public final class TestGuest implements ConsoleOutput, AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    public final VirtualMachine machine;
    private final StringBuilder said = new StringBuilder();

    /** Makes the machine with this as its console. */
    public TestGuest(Function<ConsoleOutput, VirtualMachine> making) {
        machine = making.apply(this);
    }

    public TestGuest(MachineSpec spec) {
        this(console -> VirtualMachine.create(spec, console));
    }

    public TestGuest(String guest, String arguments, int cpus) {
        this(spec(guest, arguments, cpus, 128L << 20));
    }

    public static MachineSpec spec(String guest, String arguments, int cpus, long memoryBytes) {
        return new MachineSpec(
                "test",
                cpus,
                MemorySpec.ofBytes(memoryBytes),
                new BootSpec(image(guest), Optional.empty(), arguments, OptionalLong.empty()));
    }

    public static Path image(String guest) {
        Path image = Path.of("../src-test-images/built", guest + ".elf");
        assertTrue(Files.isRegularFile(image), () -> "Not there: " + image.toAbsolutePath());
        return image;
    }

    @Override
    public synchronized void write(int value) {
        said.append((char) value);
        notifyAll();
    }

    public synchronized String said() {
        return said.toString();
    }

    public synchronized int saidLength() {
        return said.length();
    }

    /** Waits until the guest has said {@code text} after the first {@code from} characters. */
    public synchronized void await(String text, int from) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (said.indexOf(text, from) < 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                fail("The guest did not say '" + text + "' but: " + said);
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    public void await(String text) {
        await(text, 0);
    }

    public void send(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(machine.offerConsoleInput(bytes, 0, bytes.length) == bytes.length, text);
    }

    /** Waits for the end of the run. */
    public MachineOutcome end() {
        return machine.awaitEnd(PATIENCE).orElseGet(() -> fail("The guest runs on; " + said()));
    }

    /** Waits for the end and insists that the guest reported a status, or powered off. */
    public int status() {
        return switch (end()) {
            case MachineOutcome.PoweredOff p -> 0;
            case MachineOutcome.Exited e -> e.status();
            case MachineOutcome other -> fail(other + "; " + said());
        };
    }

    @Override
    public void close() {
        machine.close();
    }
}
