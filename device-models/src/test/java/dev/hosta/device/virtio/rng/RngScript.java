package dev.hosta.device.virtio.rng;

import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.HostileScript;
import dev.hosta.device.virtio.TaskLoop;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/** A source with a rate limit, a hostile driver, and time that goes on. */
final class RngScript implements HostileScript.Particulars {
    private static final int RATE = 1000;

    private final ManualAlarm alarm = new ManualAlarm();
    private final RngDevice device =
            new RngDevice(
                    into -> into.fill((byte) 0x5a), OptionalLong.of(RATE), alarm, new TaskLoop());
    private final HostileScript script = new HostileScript(device, this);

    /** What the source has done. */
    RngCounters counters() {
        return device.requestCounters();
    }

    /** The most that it may have given by now. */
    long allowedBytes() {
        return RATE + alarm.nowNanos() / (1_000_000_000L / RATE) + 1;
    }

    void run(ByteBuffer bytes) {
        script.run(bytes);
    }

    @Override
    public void fill(FakeGuestMemory memory, long gpa, int queue, int small, long value) {}

    @Override
    public boolean deviceWrites(int queue) {
        return true;
    }

    @Override
    public void host(int where, int small, long value) {
        alarm.advance(value & 0xff_ffff);
    }
}
