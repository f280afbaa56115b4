package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.NetBackend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Stands where a network device does: serves a backend on a loop of its own. */
final class NetPeer implements AutoCloseable, NetBackend.Listener {
    private static final int SECONDS = 30;

    final HostNet net;
    final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    final BlockingQueue<Boolean> links = new LinkedBlockingQueue<>();
    final BlockingQueue<String> rooms = new LinkedBlockingQueue<>();
    final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final EventLoop loop;
    private final Arena arena = Arena.ofShared();
    private int room = NetBackend.MAX_FRAME_BYTES;

    NetPeer(HostNet net) {
        this(net, Set.of());
    }

    NetPeer(HostNet net, Set<NetBackend.Offload> guestTakes) {
        this.net = net;
        loop = EventLoop.start("net-test", (thread, failure) -> failures.add(failure));
        net.serveOn(loop);
        onLoop(
                () -> {
                    net.use(guestTakes, this);
                    net.awaitFrames(true);
                });
    }

    /** Runs it on the device's thread. */
    void onLoop(Runnable task) {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        loop.execute(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        failure.set(e);
                    }
                    done.countDown();
                });
        try {
            assertTrue(done.await(SECONDS, TimeUnit.SECONDS), "the loop hangs");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    /** Gives frames that come from now on less room. */
    void limitRoom(int bytes) {
        onLoop(() -> room = bytes);
    }

    /** A frame behind an empty header, in pieces of 7 bytes and one of the rest. */
    List<MemorySegment> pieces(byte[] frame) {
        MemorySegment all = arena.allocate(NetBackend.HEADER_BYTES + frame.length);
        MemorySegment.copy(
                frame, 0, all, ValueLayout.JAVA_BYTE, NetBackend.HEADER_BYTES, frame.length);
        return List.of(all.asSlice(0, 7), all.asSlice(7, 7), all.asSlice(14));
    }

    void send(byte[] frame) {
        onLoop(
                () -> {
                    assertTrue(net.send(pieces(frame)), "no room");
                    net.flush();
                });
    }

    /** Waits for a frame; others are dropped. */
    byte[] await(Predicate<byte[]> wanted) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (true) {
            byte[] frame = received.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            assertTrue(frame != null, "no such frame came; failures: " + failures);
            if (wanted.test(frame)) {
                return frame;
            }
        }
    }

    void awaitLink(boolean up) throws InterruptedException {
        Boolean now;
        do {
            now = links.poll(SECONDS, TimeUnit.SECONDS);
            assertTrue(now != null, "the link did not change; failures: " + failures);
        } while (now != up);
    }

    @Override
    public void framesWaiting() {
        MemorySegment into = arena.allocate(room);
        into.fill((byte) 0xee);
        List<MemorySegment> pieces = List.of(into.asSlice(0, 11), into.asSlice(11));
        for (int n; (n = net.receive(pieces)) != 0; ) {
            byte[] bytes = into.toArray(ValueLayout.JAVA_BYTE);
            if (n > 0) {
                bytes = Arrays.copyOf(bytes, n);
            }
            received.add(n > 0 ? bytes : new byte[] {});
        }
    }

    @Override
    public void roomAgain() {
        rooms.add("room");
    }

    @Override
    public void linkChanged() {
        links.add(net.isLinkUp());
    }

    @Override
    public void close() {
        onLoop(net::stop);
        net.close();
        loop.close();
        arena.close();
        assertTrue(failures.isEmpty(), failures.toString());
    }
}
