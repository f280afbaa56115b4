package dev.hosta.device.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.BlockBackend;
import dev.hosta.device.backend.ManualAlarm;
import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.RateLimit;
import dev.hosta.device.virtio.abi.VirtioBlk;
import dev.hosta.device.virtio.abi.VirtioFeatures;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.abi.VirtioStatus;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A disk in memory behind registers, driven as a guest drives it. */
class BlockDeviceTest {
    private static final int CAPACITY = 1 << 20;
    private static final long SECTORS = CAPACITY / 512;

    private final FakeGuestMemory memory = FakeGuestMemory.offHeap(0x10_0000, 1 << 20);
    private final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    private final GuestDriver queue = new GuestDriver(memory, memory.baseGpa(), 128, true);
    private final BlockDriver driver = new BlockDriver(memory, queue, 32);

    /** A disk, its transport and their thread. */
    private final class Machine {
        final MemoryBackend backend;
        final BlockDevice device;
        final MmioTransport transport;
        final MmioDriver registers;

        Machine(MemoryBackend backend, Executor thread) {
            this(backend, thread, new BlockDevice(backend, thread));
        }

        Machine(MemoryBackend backend, Executor thread, BlockDevice device) {
            this.backend = backend;
            this.device = device;
            this.transport =
                    new MmioTransport(
                            "disk0",
                            device,
                            memory,
                            interrupt,
                            index -> thread.execute(() -> device.queueNotified(index)));
            this.registers = new MmioDriver(transport);
        }

        void bringUp(long without) {
            assertTrue(registers.negotiate(registers.offered() & ~without));
            registers.setUp(0, queue);
            registers.ready();
        }

        int run(int slot) {
            registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
            queue.poll().orElseThrow();
            return driver.status(slot);
        }
    }

    private Machine machine(int blockBytes, boolean readOnly, boolean writeCache) {
        MemoryBackend backend = new MemoryBackend(CAPACITY, blockBytes, readOnly, writeCache);
        Machine machine = new Machine(backend, Runnable::run);
        machine.bringUp(0);
        return machine;
    }

    @Test
    void theConfigurationTellsTheDisk() {
        Machine machine = machine(512, false, true);
        assertEquals(SECTORS, machine.transport.read(0x100, 8));
        assertEquals(254, machine.registers.read(0x100 + VirtioBlk.CONFIG_SEG_MAX));
        assertEquals(512, machine.registers.read(0x100 + VirtioBlk.CONFIG_BLK_SIZE));
        assertEquals(3, machine.transport.read(0x100 + 24, 1));
        assertEquals(8, machine.transport.read(0x100 + 26, 2));
        assertEquals(128, machine.registers.read(0x100 + VirtioBlk.CONFIG_OPT_IO_SIZE));
        assertEquals(0, machine.transport.read(0x1f8, 8));
        long common =
                VirtioBlk.F_SEG_MAX
                        | VirtioBlk.F_BLK_SIZE
                        | VirtioBlk.F_TOPOLOGY
                        | VirtioFeatures.VERSION_1
                        | VirtioFeatures.INDIRECT_DESC
                        | VirtioFeatures.EVENT_IDX;
        long writable = VirtioBlk.F_DISCARD | VirtioBlk.F_WRITE_ZEROES;
        assertEquals(common | writable | VirtioBlk.F_FLUSH, machine.registers.offered());
        assertEquals(common | VirtioBlk.F_RO, machine(512, true, false).registers.offered());
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Machine machine = machine(512, false, true);
        long from = driver.dataGpa(driver.nextSlot());
        memory.fill(from, 1024, (byte) 0x5a);
        assertEquals(VirtioBlk.S_OK, machine.run(driver.write(3, 1024)));
        long to = driver.dataGpa(driver.nextSlot());
        memory.forgetDirty();
        assertEquals(VirtioBlk.S_OK, machine.run(driver.read(2, 2048)));
        assertEquals(0x005a, memory.loadU8(to + 511) << 8 | memory.loadU8(to + 512));
        assertEquals(0x5a00, memory.loadU8(to + 1535) << 8 | memory.loadU8(to + 1536));
        assertTrue(memory.isDirty(to));
        assertEquals(VirtioBlk.S_OK, machine.run(driver.ask(VirtioBlk.T_FLUSH)));
        assertEquals(1, machine.backend.flushes());
        assertEquals(
                new BlockCounters(1, 2048, 1, 1024, 1, 0, 0, 0), machine.device.requestCounters());
        assertEquals(
                "{read_ops=1, read_bytes=2048, write_ops=1, write_bytes=1024, flush_ops=1,"
                        + " discard_ops=0, errors=0, malformed=0}",
                machine.device.counters().toString());
        assertEquals(1, machine.registers.read(VirtioMmio.INTERRUPT_STATUS));
    }

    @Test
    void theSerialNumberIsPadded() {
        Machine machine = machine(512, false, false);
        long to = driver.dataGpa(driver.nextSlot());
        memory.fill(to, 32, (byte) 0xff);
        int slot = driver.read(0, 20);
        memory.storeU32(to - 0x1000, VirtioBlk.T_GET_ID);
        assertEquals(VirtioBlk.S_OK, machine.run(slot));
        assertEquals('m' | 'e' << 8, memory.loadU16(to));
        assertEquals(0, memory.loadU8(to + 19));
        assertEquals(0xff, memory.loadU8(to + 20));
    }

    @Test
    void rangesAreDiscardedAndZeroed() {
        Machine machine = machine(512, false, false);
        driver.range(0, 0, 2, 0);
        driver.range(1, 4, 1, 0);
        assertEquals(VirtioBlk.S_OK, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 32)));
        assertEquals((byte) 0xdd, machine.backend.blocks().get(ValueLayout.JAVA_BYTE, 2048));
        driver.range(0, 4, 1, VirtioBlk.RANGE_F_UNMAP);
        assertEquals(VirtioBlk.S_OK, machine.run(driver.send(VirtioBlk.T_WRITE_ZEROES, 0, 16)));
        assertEquals(0, machine.backend.blocks().get(ValueLayout.JAVA_BYTE, 2048));
        driver.range(0, 0, 1, 1);
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 16)));
        driver.range(0, 0, 1, 2);
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.send(VirtioBlk.T_WRITE_ZEROES, 0, 16)));
        driver.range(0, SECTORS - 1, 2, 0);
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 16)));
        driver.range(0, 0, 0, 0);
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 16)));
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 17)));
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.send(VirtioBlk.T_DISCARD, 0, 16 * 17)));
    }

    @Test
    void whatTheDiskCannotDoEndsWithItsStatus() {
        Machine machine = machine(4096, false, false);
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.ask(99)));
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.ask(VirtioBlk.T_FLUSH)));
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.ask(VirtioBlk.T_IN)));
        for (long sector : new long[] {SECTORS, SECTORS + 8, -8, Long.MIN_VALUE, 1L << 55, 1}) {
            assertEquals(VirtioBlk.S_IOERR, machine.run(driver.read(sector, 4096)));
            assertEquals(VirtioBlk.S_IOERR, machine.run(driver.write(sector, 4096)));
        }
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.read(0, 512)), "less than a block");
        assertEquals(VirtioBlk.S_OK, machine.run(driver.read(SECTORS - 8, 4096)));
        machine.backend.force(BlockBackend.Result.IO_ERROR);
        assertEquals(VirtioBlk.S_IOERR, machine.run(driver.read(0, 4096)));
        machine.backend.force(BlockBackend.Result.UNSUPPORTED);
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.write(0, 4096)));
        assertEquals(VirtioBlk.S_IOERR, machine(512, true, false).run(driver.write(0, 512)));
    }

    @Test
    void aDriverThatCannotFlushHasItsWritesFlushed() {
        Machine machine = new Machine(new MemoryBackend(CAPACITY, 512, false, true), Runnable::run);
        machine.bringUp(VirtioBlk.F_FLUSH);
        assertEquals(VirtioBlk.S_OK, machine.run(driver.write(0, 512)));
        assertEquals(1, machine.backend.flushes());
        assertEquals(VirtioBlk.S_UNSUPP, machine.run(driver.ask(VirtioBlk.T_FLUSH)));
    }

    @Test
    void whatIsOverTheRateWaitsInTheQueue() {
        MemoryBackend backend = new MemoryBackend(CAPACITY, 512, false, true);
        ManualAlarm alarm = new ManualAlarm();
        RateLimit.Rate rate = new RateLimit.Rate(0, 0, 1 << 20, 1024);
        Machine machine =
                new Machine(
                        backend,
                        Runnable::run,
                        new BlockDevice(backend, Runnable::run, rate, alarm));
        machine.bringUp(0);
        for (int i = 0; i < 4; i++) {
            driver.read(i, 512);
        }
        machine.registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
        assertEquals(2, machine.device.requestCounters().reads());
        machine.transport.pause(); // nothing is in flight
        assertEquals(2, machine.transport.exportState().queues().get(0).nextAvail());
        assertFalse(alarm.isSet());
        machine.transport.resume();
        alarm.advance(500_000);
        assertEquals(3, machine.device.requestCounters().reads());
        alarm.advance(500_000);
        assertEquals(4, machine.device.requestCounters().reads());
        assertFalse(alarm.isSet());
    }

    @Test
    void aChainThatIsNoRequestNeedsAResetAfterWhichAllIsWell() {
        Machine machine = machine(512, false, false);
        queue.add(GuestDriver.Buffer.toDevice(queue.endGpa(), 15));
        machine.registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
        assertTrue(
                (machine.registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET) != 0);
        assertEquals(1, machine.device.requestCounters().malformed());
        driver.read(0, 512);
        machine.registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
        assertTrue(queue.poll().isEmpty());
        memory.fill(memory.baseGpa(), queue.endGpa() - memory.baseGpa(), (byte) 0);
        machine.bringUp(0);
        assertEquals(
                0, machine.registers.read(VirtioMmio.STATUS) & VirtioStatus.DEVICE_NEEDS_RESET);
    }

    /** Ends come last first, from another thread; pause and reset wait for them. */
    @Test
    void pauseAndResetWaitForWhatIsInFlight() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        MemoryBackend backend = new MemoryBackend(CAPACITY, 512, false, true);
        Machine machine = new Machine(backend, thread);
        machine.bringUp(0);
        for (boolean reset : new boolean[] {false, true}) {
            backend.hold();
            for (int i = 0; i < 8; i++) {
                driver.read(i, 512);
            }
            machine.registers.write(VirtioMmio.QUEUE_NOTIFY, 0);
            thread.submit(() -> {}).get(); // the device's thread has come to the notification
            assertEquals(8, backend.heldCount());
            CountDownLatch ended = new CountDownLatch(1);
            Thread control =
                    new Thread(
                            () -> {
                                if (reset) {
                                    machine.registers.write(VirtioMmio.STATUS, 0);
                                } else {
                                    machine.transport.pause();
                                }
                                ended.countDown();
                            });
            control.start();
            assertFalse(ended.await(50, TimeUnit.MILLISECONDS));
            backend.letGo();
            assertTrue(ended.await(10, TimeUnit.SECONDS));
            for (int i = 0; i < 8; i++) {
                queue.poll().orElseThrow();
            }
            if (!reset) {
                assertEquals(8, machine.transport.exportState().queues().get(0).nextUsed());
                machine.transport.resume();
            }
        }
        machine.transport.close();
        assertTrue(backend.isClosed());
        thread.shutdown();
    }
}
