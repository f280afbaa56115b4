package dev.hosta.device.virtio.queue;

import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_INDIRECT;
import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_NEXT;
import static dev.hosta.device.virtio.abi.SplitRing.DESC_F_WRITE;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.memory.GuestMemoryException;
import dev.hosta.device.virtio.abi.VirtioFeatures;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

/** Rings as a driver writes them that means harm. */
class HostileRingTest {
    private static final int SIZE = 8;
    private static final long INDIRECT = VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC;

    private final FakeGuestMemory memory = FakeGuestMemory.offHeap(0x10_0000, 1 << 18);
    private final GuestDriver driver = new GuestDriver(memory, memory.baseGpa(), SIZE, false);
    private final SplitQueue queue = new SplitQueue(memory, driver.state(), INDIRECT);
    private final long data = driver.endGpa();

    private void assertRefused(String reason) {
        QueueException e = assertThrows(QueueException.class, queue::pop);
        assertTrue(e.getMessage().contains(reason), e::getMessage);
    }

    @Test
    void anAvailableIndexThatJumpsIsRefused() {
        driver.moveAvailIndex(SIZE + 1);
        assertRefused("jumped by 9");
        driver.moveAvailIndex(-SIZE - 2);
        assertRefused("jumped by 65535");
    }

    @Test
    void aHeadThatIsNoneIsRefused() {
        driver.publish(SIZE);
        assertRefused("head is none");
    }

    @Test
    void aHeadInFlightIsRefusedAgain() {
        driver.descriptor(0, data, 1, 0, 0);
        driver.publish(0);
        driver.publish(0);
        queue.pop().orElseThrow();
        assertRefused("in flight");
        assertEquals(1, queue.inFlight());
    }

    @Test
    void aLoopIsRefused() {
        driver.descriptor(0, data, 1, DESC_F_NEXT, 1);
        driver.descriptor(1, data, 1, DESC_F_NEXT, 0);
        driver.publish(0);
        assertRefused("no end after 8");
    }

    @Test
    void aNextThatIsNoneIsRefused() {
        driver.descriptor(0, data, 1, DESC_F_NEXT, SIZE);
        driver.publish(0);
        assertRefused("descriptor 8 of 8");
    }

    @Test
    void readableAfterWritableIsRefused() {
        driver.descriptor(0, data, 1, DESC_F_WRITE | DESC_F_NEXT, 1);
        driver.descriptor(1, data, 1, 0, 0);
        driver.publish(0);
        assertRefused("readable after writable");
    }

    @Test
    void anEmptyBufferIsRefused() {
        driver.descriptor(0, data, 0, 0, 0);
        driver.publish(0);
        assertRefused("empty");
    }

    @Test
    void moreThanFourGigabytesAreRefused() {
        driver.descriptor(0, data, 0xffff_ffffL, DESC_F_NEXT, 1);
        driver.descriptor(1, data, 2, 0, 0);
        driver.publish(0);
        assertRefused("more than 4 GiB");
    }

    @Test
    void buffersOutsideRamAreRefusedOnUse() {
        driver.descriptor(0, data, 0xffff_ffffL, 0, 0);
        driver.publish(0);
        DescriptorChain huge = queue.pop().orElseThrow();
        assertThrows(
                GuestMemoryException.class, () -> huge.readableSegments(0, huge.readableBytes()));
        driver.descriptor(1, -1, 2, DESC_F_WRITE, 0);
        driver.publish(1);
        DescriptorChain wrapping = queue.pop().orElseThrow();
        assertThrows(GuestMemoryException.class, () -> wrapping.writeU8(1, 0));
    }

    @Test
    void tablesThatAreNoneAreRefused() {
        for (long lengthBytes : new long[] {0, 1, 15, 24, 16L * 32769, 0xffff_fff0L}) {
            driver.descriptor(0, data, lengthBytes, DESC_F_INDIRECT, 0);
            if (lengthBytes == 0) {
                driver.publish(0);
            }
            assertRefused("table of " + lengthBytes);
        }
        driver.descriptor(0, -32, 32, DESC_F_INDIRECT, 0);
        assertRefused("outside RAM");
    }

    @Test
    void nestedTablesAreRefused() {
        driver.descriptor(0, data, 16, DESC_F_INDIRECT, 0);
        driver.descriptorAt(data, data, 16, DESC_F_INDIRECT, 0);
        driver.publish(0);
        assertRefused("nested");
    }

    @Test
    void aTableWithANextIsRefused() {
        driver.descriptor(0, data, 16, DESC_F_INDIRECT | DESC_F_NEXT, 1);
        driver.publish(0);
        assertRefused("indirect, flags=5");
    }

    @Test
    void aLoopInATableIsRefused() {
        driver.descriptor(0, data, 32, DESC_F_INDIRECT, 0);
        driver.descriptorAt(data, data, 1, DESC_F_NEXT, 1);
        driver.descriptorAt(data + 16, data, 1, DESC_F_NEXT, 0);
        driver.publish(0);
        assertRefused("no end after 2");
    }

    @Test
    void aChainOfTooManyBuffersIsRefused() {
        int entries = DescriptorTable.MOST_BUFFERS + 1;
        driver.descriptor(0, data, 16L * entries, DESC_F_INDIRECT, 0);
        for (int i = 0; i < entries; i++) {
            driver.descriptorAt(data + 16L * i, data, 1, DESC_F_NEXT, i + 1);
        }
        driver.publish(0);
        assertRefused("more than 1024 buffers");
    }

    @Test
    void tablesAreRefusedWhereTheyWereNotNegotiated() {
        SplitQueue plain = new SplitQueue(memory, driver.state(), VirtioFeatures.VERSION_1);
        driver.addIndirect(data, GuestDriver.Buffer.toDevice(data, 1));
        assertThrows(QueueException.class, plain::pop);
    }

    /** Whatever changes under the device's hand, a chain that it took is one that may be. */
    @Test
    @Timeout(60)
    void aRingThatChangesMeanwhileGivesOnlyPossibleChains() throws InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        Thread racer =
                new Thread(
                        () -> {
                            Random random = new Random(1);
                            while (!stop.get()) {
                                int index = random.nextInt(SIZE);
                                driver.descriptor(
                                        index,
                                        data + random.nextInt(64),
                                        random.nextInt(64),
                                        random.nextInt(8),
                                        random.nextInt(SIZE + 1));
                                driver.descriptorAt(
                                        data + 16L * random.nextInt(4),
                                        data,
                                        random.nextInt(64),
                                        random.nextInt(8),
                                        random.nextInt(5));
                                memory.storeU16(driver.availGpa() + 4 + 2L * index, index);
                            }
                        });
        racer.start();
        int taken = 0;
        int refused = 0;
        driver.moveAvailIndex(1);
        for (int i = 0; i < 100_000 || taken < 100 || refused < 100; i++) {
            try {
                Optional<DescriptorChain> chain = queue.pop();
                if (chain.isPresent()) {
                    taken++;
                    touch(chain.get());
                    queue.push(chain.get(), 0);
                    driver.moveAvailIndex(1);
                }
            } catch (QueueException e) {
                refused++;
            }
        }
        stop.set(true);
        racer.join();
    }

    private static void touch(DescriptorChain chain) {
        assertTrue(chain.bufferCount() >= 1);
        try {
            chain.readableSegments(0, chain.readableBytes());
            chain.writableSegments(0, chain.writableBytes());
        } catch (GuestMemoryException e) {
            assertTrue(e.lengthBytes() > 0); // a torn descriptor; the device needs a reset then
        }
    }
}
