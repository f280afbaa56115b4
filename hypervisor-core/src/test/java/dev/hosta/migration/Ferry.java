package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.TestGuest;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.MigrationOptions.OnTimeout;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A destination in this process that waits for a guest, and what came of it. */
final class Ferry implements AutoCloseable {
    final List<String> givenUp = new CopyOnWriteArrayList<>();
    final List<String> notYet = new CopyOnWriteArrayList<>();
    private final MigrationDestination destination;
    private final CompletableFuture<TestGuest> arrived = new CompletableFuture<>();
    private final Path folder;
    private final List<DiskSpec> disks;
    private boolean guestStays;

    Ferry(Path folder) {
        this(folder, List.of());
    }

    /**
     * Waits.
     *
     * @param disks which the guest has here; none for the source's
     */
    Ferry(Path folder, List<DiskSpec> disks) {
        this(folder, disks, Optional.empty());
    }

    /** As the other, encrypted. */
    Ferry(Path folder, List<DiskSpec> disks, Optional<? extends Encryption> by) {
        this.folder = folder;
        this.disks = disks;
        destination = MigrationDestination.listen(MigrationAddress.parse("127.0.0.1:0"), by);
        Thread.ofPlatform().daemon().name("ferry").start(this::waitForGuest);
    }

    private void waitForGuest() {
        try {
            arrived.complete(new TestGuest(this::await));
        } catch (RuntimeException e) {
            arrived.completeExceptionally(e);
        }
    }

    private VirtualMachine await(ConsoleOutput console) {
        return destination.await(
                new Landing() {
                    @Override
                    public MachineSpec specOf(MachineSpec sent) {
                        List<DiskSpec> own = new ArrayList<>();
                        for (int i = 0; i < disks.size(); i++) {
                            own.add(sent.disks().get(i).withPath(disks.get(i).path()));
                        }
                        return own.isEmpty() ? sent : sent.withDisks(own);
                    }

                    @Override
                    public void claim(MachineSpec spec) {}

                    @Override
                    public Path records() {
                        return folder.resolve("records");
                    }

                    @Override
                    public ConsoleOutput console() {
                        return console;
                    }

                    @Override
                    public Optional<StdioPort> terminal() {
                        return Optional.empty();
                    }

                    @Override
                    public void makeReady(VirtualMachine machine) {}

                    @Override
                    public void cannotRunYet(RuntimeException why) {
                        notYet.add(String.valueOf(why.getMessage()));
                    }

                    @Override
                    public void givenUp(RuntimeException why) {
                        givenUp.add(String.valueOf(why.getMessage()));
                    }
                });
    }

    int port() {
        return ((InetSocketAddress) destination.address()).getPort();
    }

    MigrationOptions options() {
        return options(port());
    }

    static MigrationOptions options(int port) {
        return new MigrationOptions(MigrationAddress.parse("127.0.0.1:" + port))
                .withTimes(MigrationOptions.DOWNTIME, Duration.ofSeconds(60), Duration.ofSeconds(2))
                .withOnTimeout(OnTimeout.FORCE);
    }

    /** The guest, once it is this side's. */
    TestGuest arrived() throws Exception {
        return arrived.get(30, TimeUnit.SECONDS);
    }

    boolean hasArrived() {
        return arrived.isDone() && !arrived.isCompletedExceptionally();
    }

    /** The guest outlives this. */
    void leaveGuest() {
        guestStays = true;
    }

    /** Asks a guest {@code dirty} whether each page holds what was written last. */
    static void endsWell(TestGuest guest) {
        guest.await("tick ", guest.saidLength());
        guest.send("q");
        assertEquals(0, guest.status(), guest.said());
        assertFalse(guest.said().contains("LOST"), guest.said());
        assertTrue(guest.said().contains("dirty: ok"), guest.said());
    }

    @Override
    public void close() {
        destination.close();
        if (hasArrived() && !guestStays) {
            arrived.join().close();
        }
    }
}
