package dev.hosta.device.virtio.console;

import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.fromDevice;
import static dev.hosta.device.virtio.queue.GuestDriver.Buffer.toDevice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.backend.ConsolePort;
import dev.hosta.device.irq.FakeMessageInterrupt;
import dev.hosta.device.memory.FakeGuestMemory;
import dev.hosta.device.virtio.TaskLoop;
import dev.hosta.device.virtio.abi.VirtioConsole;
import dev.hosta.device.virtio.abi.VirtioMmio;
import dev.hosta.device.virtio.queue.GuestDriver;
import dev.hosta.device.virtio.transport.MmioDriver;
import dev.hosta.device.virtio.transport.MmioTransport;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A console behind registers, and a guest that drives it. */
final class ConsoleGuest {
    private static final long BASE_GPA = 0x10_0000;
    private static final int QUEUE_SIZE = 16;

    private static final String[] EVENTS = {
        "READY", "ADD", "REMOVE", "PORT_READY", "CONSOLE", "RESIZE", "OPEN", "NAME"
    };

    /** Room for the buffer of each descriptor. */
    private static final int BUFFER_BYTES = 256;

    final FakeGuestMemory memory = FakeGuestMemory.onHeap(BASE_GPA, 1 << 20);
    final FakeMessageInterrupt interrupt = new FakeMessageInterrupt();
    final ConsoleDevice device;
    final MmioTransport transport;
    final MmioDriver registers;
    final List<GuestDriver> queues = new ArrayList<>();
    private final long buffersGpa;

    /** Where the buffer of each queue's head is. */
    private final long[][] places = new long[64][QUEUE_SIZE];

    private int nextBuffer;

    ConsoleGuest(Optional<ConsolePort> console, List<NamedPort> ports) {
        device = new ConsoleDevice(console, ports, new TaskLoop());
        transport = new MmioTransport("hvc0", device, memory, interrupt, device::queueNotified);
        registers = new MmioDriver(transport);
        long gpa = BASE_GPA;
        for (int i = 0; i < device.queueSizes().size(); i++) {
            GuestDriver queue = new GuestDriver(memory, gpa, QUEUE_SIZE, true);
            queues.add(queue);
            gpa = queue.endGpa();
        }
        buffersGpa = gpa;
    }

    /** Takes all features and makes all queues ready. */
    ConsoleGuest bringUp() {
        return bringUp(0);
    }

    ConsoleGuest bringUp(long withoutFeatures) {
        assertTrue(registers.negotiate(registers.offered() & ~withoutFeatures));
        boolean multiport = (device.features() & ~withoutFeatures & VirtioConsole.F_MULTIPORT) != 0;
        for (int i = 0; i < (multiport ? queues.size() : 2); i++) {
            registers.setUp(i, queues.get(i));
        }
        registers.ready();
        return this;
    }

    /** As Linux begins: buffers for control messages, then DEVICE_READY. */
    ConsoleGuest hello() {
        giveBuffers(VirtioConsole.CONTROL_RECEIVE_QUEUE, QUEUE_SIZE);
        control(0xffff_ffffL, VirtioConsole.DEVICE_READY, 1);
        return this;
    }

    void kick(int queue) {
        registers.write(VirtioMmio.QUEUE_NOTIFY, queue);
    }

    private long bufferGpa(int queue, int head) {
        return buffersGpa + (long) BUFFER_BYTES * (QUEUE_SIZE * queue + head);
    }

    /** Where a buffer that no descriptor uses is. */
    long spareGpa() {
        return bufferGpa(queues.size(), 0);
    }

    /** Gives the device empty buffers; each begins in a place of its own. */
    void giveBuffers(int queue, int count) {
        giveBuffers(queue, count, BUFFER_BYTES);
    }

    void giveBuffers(int queue, int count, int lengthBytes) {
        for (int i = 0; i < count; i++) {
            int at = nextBuffer++ % QUEUE_SIZE;
            int head = queues.get(queue).add(fromDevice(bufferGpa(queue, at), lengthBytes));
            places[queue][head] = bufferGpa(queue, at);
        }
        kick(queue);
    }

    /** Sends bytes on a queue, in one chain of two buffers where there are two bytes. */
    void send(int queue, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        long gpa = bufferGpa(queue, nextBuffer++ % QUEUE_SIZE);
        memory.write(gpa, MemorySegment.ofArray(bytes));
        int half = bytes.length / 2;
        if (half == 0) {
            queues.get(queue).add(toDevice(gpa, bytes.length));
        } else {
            queues.get(queue).add(toDevice(gpa, half), toDevice(gpa + half, bytes.length - half));
        }
        kick(queue);
    }

    /** Sends a control message. */
    void control(long port, int event, int value) {
        long gpa = bufferGpa(VirtioConsole.CONTROL_TRANSMIT_QUEUE, nextBuffer++ % QUEUE_SIZE);
        memory.storeU32(gpa, port);
        memory.storeU16(gpa + 4, event);
        memory.storeU16(gpa + 6, value);
        queues.get(VirtioConsole.CONTROL_TRANSMIT_QUEUE).add(toDevice(gpa, 8));
        kick(VirtioConsole.CONTROL_TRANSMIT_QUEUE);
    }

    /** Takes back the chains of a queue; gives how many. */
    int takeBack(int queue) {
        int count = 0;
        while (queues.get(queue).poll().isPresent()) {
            count++;
        }
        return count;
    }

    /** What the device wrote into the buffers of a queue that it gave back. */
    List<byte[]> received(int queue) {
        List<byte[]> received = new ArrayList<>();
        for (var used = queues.get(queue).poll();
                used.isPresent();
                used = queues.get(queue).poll()) {
            byte[] bytes = new byte[(int) used.get().writtenBytes()];
            memory.read(places[queue][used.get().head()], MemorySegment.ofArray(bytes));
            received.add(bytes);
        }
        return received;
    }

    /** The same as text, one after the other. */
    String text(int queue) {
        StringBuilder text = new StringBuilder();
        received(queue).forEach(b -> text.append(new String(b, StandardCharsets.ISO_8859_1)));
        return text.toString();
    }

    /**
     * Control messages that came, such as {@code "1 NAME 1 6c6f67"}: port, event, value and what
     * follows in hex; the buffers are given anew.
     */
    List<String> controls() {
        List<String> messages = new ArrayList<>();
        List<byte[]> all = received(VirtioConsole.CONTROL_RECEIVE_QUEUE);
        for (byte[] bytes : all) {
            MemorySegment message = MemorySegment.ofArray(bytes);
            int event = message.get(ValueLayout.JAVA_SHORT_UNALIGNED, 4);
            String rest = HexFormat.of().formatHex(bytes, 8, bytes.length);
            messages.add(
                    (message.get(ValueLayout.JAVA_INT_UNALIGNED, 0)
                                    + " "
                                    + EVENTS[event]
                                    + " "
                                    + message.get(ValueLayout.JAVA_SHORT_UNALIGNED, 6)
                                    + " "
                                    + rest)
                            .strip());
        }
        giveBuffers(VirtioConsole.CONTROL_RECEIVE_QUEUE, all.size());
        return messages;
    }
}
