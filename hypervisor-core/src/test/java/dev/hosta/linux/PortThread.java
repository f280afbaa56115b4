package dev.hosta.linux;

import dev.hosta.device.backend.ConsolePort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A port with a loop to serve it, and a device that only notes what it is told. */
final class PortThread implements ConsolePort.Listener, AutoCloseable {
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final EventLoop loop = EventLoop.start("port-test", (t, e) -> failures.add(e));
    private final HostPort port;

    PortThread(HostPort port) {
        this.port = port;
        port.serveOn(loop);
        on(
                () -> {
                    port.use(this);
                    return 0;
                });
    }

    /** Does something on the device's thread. */
    <T> T on(Supplier<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(
                () -> {
                    try {
                        result.complete(action.get());
                    } catch (RuntimeException e) {
                        result.completeExceptionally(e);
                    }
                });
        return result.join();
    }

    int write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return on(
                () -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment segment = arena.allocate(Math.max(1, bytes.length));
                        MemorySegment.copy(
                                bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
                        return port.write(segment.asSlice(0, bytes.length));
                    }
                });
    }

    String read(int mostBytes) {
        return on(
                () -> {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment into = arena.allocate(mostBytes);
                        int count = port.read(into);
                        byte[] bytes = into.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
                        return new String(bytes, StandardCharsets.ISO_8859_1);
                    }
                });
    }

    void awaitInput(boolean wanted) {
        on(
                () -> {
                    port.awaitInput(wanted);
                    return 0;
                });
    }

    boolean isConnected() {
        return on(port::isConnected);
    }

    /** Waits until the device is told so. */
    void expect(String what) {
        try {
            String next = told.poll(30, TimeUnit.SECONDS);
            if (!what.equals(next)) {
                throw new AssertionError("expected " + what + ", was " + next);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void inputWaiting() {
        port.awaitInput(false);
        told.add("input");
    }

    @Override
    public void roomAgain() {
        told.add("room");
    }

    @Override
    public void changed() {
        told.add("changed");
    }

    /** Ends both; nothing may have failed meanwhile. */
    @Override
    public void close() {
        port.close();
        loop.close();
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.remove());
        }
    }
}
