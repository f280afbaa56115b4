package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.NetSpec.Carrier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Two guests whose drivers in ring 3 drive a cable between them, on the real KVM. */
@RequiresKvm
@Timeout(120)
final class NetGuestTest {
    @TempDir Path folder;

    private MachineSpec spec(String name, String arguments) {
        BootSpec boot =
                new BootSpec(
                        TestGuest.image("net"),
                        Optional.empty(),
                        arguments,
                        OptionalLong.empty(),
                        true);
        NetSpec cable = NetSpec.of(new Carrier.Socket(folder.resolve("cable")));
        return new MachineSpec(name, 1, MemorySpec.ofBytes(128 << 20), boot)
                .withNets(List.of(cable));
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 1514})
    void eachFrameArrivesWhole(int bytes) {
        int frames = 20_000;
        String size = " bytes=" + bytes + " count=" + frames;
        try (TestGuest receiver = new TestGuest(spec("receiver", "receive" + size));
                TestGuest sender = new TestGuest(spec("sender", "send" + size))) {
            receiver.machine.start();
            receiver.await("net: ready");
            sender.machine.start();
            assertEquals(0, sender.status(), sender::said);
            assertEquals(0, receiver.status(), receiver::said);
            receiver.await("net: frames " + frames + " bytes " + (long) frames * bytes + " ");
            var received = receiver.machine.counters().get("/devices/nets/net0");
            assertTrue(received.get("rx_frames") >= frames, received::toString);
        }
    }

    @Test
    void aGuestThatIsPausedAgainAndAgainGetsEachFrameStill() {
        int frames = 50_000;
        String size = " count=" + frames;
        try (TestGuest receiver = new TestGuest(spec("receiver", "receive" + size));
                TestGuest sender = new TestGuest(spec("sender", "send" + size))) {
            receiver.machine.start();
            receiver.await("net: ready");
            sender.machine.start();
            int pauses = 0;
            while (sender.machine.awaitEnd(Duration.ofMillis(2)).isEmpty()) {
                receiver.machine.pause();
                receiver.machine.resume();
                pauses++;
            }
            assertEquals(0, sender.status(), sender::said);
            assertEquals(0, receiver.status(), receiver::said);
            assertTrue(pauses > 3, "paused only " + pauses + " times");
        }
    }
}
