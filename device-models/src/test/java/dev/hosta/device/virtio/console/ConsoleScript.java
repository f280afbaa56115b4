package dev.hosta.device.virtio.console;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.hosta.device.backend.FakePort;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.HostileScript;
import dev.hosta.device.virtio.TaskLoop;
import dev.hosta.device.virtio.abi.VirtioConsole;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** A console with two ports between a hostile driver and ends that come, go, fill up and type. */
final class ConsoleScript implements HostileScript.Particulars {
    private final List<FakePort> ends = List.of(new FakePort(), new FakePort(), new FakePort());
    private final ConsoleDevice device =
            new ConsoleDevice(
                    Optional.of(ends.get(0)),
                    List.of(new NamedPort("a", ends.get(1)), new NamedPort("b", ends.get(2))),
                    new TaskLoop());
    private final HostileScript script = new HostileScript(device, this);

    /** What the console has done. */
    ConsoleCounters counters() {
        return device.byteCounters();
    }

    void run(ByteBuffer bytes) {
        script.run(bytes);
        for (FakePort end : ends) {
            assertFalse(end.isUsed() || end.isAwaiting(), "used after the end");
        }
    }

    @Override
    public void fill(FakeGuestMemory memory, long gpa, int queue, int small, long value) {
        if (queue == VirtioConsole.CONTROL_TRANSMIT_QUEUE) {
            memory.storeU32(gpa, value & 3);
            memory.storeU16(gpa + 4, small & 7);
            memory.storeU16(gpa + 6, (int) value >> 2 & 1);
        }
    }

    @Override
    public boolean deviceWrites(int queue) {
        return queue % 2 == 0;
    }

    @Override
    public void host(int where, int small, long value) {
        FakePort end = ends.get(where % 3);
        switch (small & 7) {
            case 0 -> end.connected((value & 1) != 0);
            case 1 -> end.size((int) value & 0xff, (int) value >> 8 & 0xff);
            case 2 -> end.room((int) value & 0xff);
            case 3 -> end.room(1 << 20);
            default -> {
                if (end.waiting() < 4096) {
                    end.feed("x".repeat((int) value & 0xff));
                }
            }
        }
    }
}
