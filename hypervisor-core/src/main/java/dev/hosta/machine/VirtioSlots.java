package dev.hosta.machine;

import dev.hosta.boot.VirtioMmioDevice;
import dev.hosta.device.irq.MessageInterrupt;
import dev.hosta.device.memory.GuestMemory;
import dev.hosta.device.virtio.VirtioDevice;
import dev.hosta.device.virtio.transport.MmioTransport;
import dev.hosta.kvm.KvmVm;
import dev.hosta.linux.EventFd;
import dev.hosta.linux.EventLoop;

import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The places for virtio devices, handed out in the order of plugging.
 *
 * <pre>
 *   slot    0                   1             ...   31
 *   gpa     d000_0000           d000_1000     ...   d001_f000
 *   GSI     16                  17            ...   16 + slot % 8
 * </pre>
 *
 * <p>Interrupts are edges: a device writes an eventfd and KVM pulses the GSI (irqfd), without a
 * wait for the guest. Devices on one GSI share one eventfd. With one each, KVM would run their
 * pulses side by side, and the I/O APIC would swallow a pulse that begins while another one is
 * still high; those of one eventfd are run one after the other.
 *
 * <p>Closed after the devices, which send interrupts until they are closed.
 *
 * <p>Threading: plugged and closed by the control thread; interrupts are sent from any thread.
 */
final class VirtioSlots implements AutoCloseable {
    /** Most virtio devices of a machine. */
    static final int COUNT = 32;

    private static final long FIRST_GPA = 0xd000_0000L;
    private static final long GPA_STEP = 0x1000;

    /** The inputs of the I/O APIC that no legacy device has. */
    private static final int FIRST_GSI = 16;

    private static final int GSI_COUNT = 8;

    private final KvmVm vm;
    private final GuestMemory memory;
    private final MachineEnd end;
    private final SequencedMap<Integer, EventFd> interrupts = new TreeMap<>();
    private int plugged;

    /**
     * All slots free.
     *
     * @param vm with its interrupt controllers
     * @param memory the guest's
     * @param end told where a device's thread fails
     */
    VirtioSlots(KvmVm vm, GuestMemory memory, MachineEnd end) {
        this.vm = vm;
        this.memory = memory;
        this.end = end;
    }

    /**
     * Makes a device and puts it into the next free slot.
     *
     * @param board takes it, and closes it
     * @param path its place in the state, such as {@code disks/root}
     * @param name of its thread, and for the log
     * @param making makes the device, given its thread
     * @throws IllegalStateException where no slot is free; a {@link MachineSpec} allows no more
     */
    void plug(Board board, String path, String name, Function<EventLoop, VirtioDevice> making) {
        if (plugged == COUNT) {
            throw new IllegalStateException("No slot is free: path=" + path);
        }
        VirtioMmioDevice window = window(plugged);
        VirtioSlot slot =
                new VirtioSlot(vm, memory, window, interrupt(window.gsi()), name, making, end);
        board.plug(path, window, slot, slot.registers(), slot.deviceState());
        plugged++;
    }

    /** What the guest is told of a slot. */
    static VirtioMmioDevice window(int slot) {
        return new VirtioMmioDevice(
                FIRST_GPA + slot * GPA_STEP,
                MmioTransport.SIZE_BYTES,
                FIRST_GSI + slot % GSI_COUNT);
    }

    private MessageInterrupt interrupt(int gsi) {
        EventFd bell = interrupts.get(gsi);
        if (bell == null) {
            bell = connect(gsi);
            interrupts.put(gsi, bell);
        }
        return bell::signal;
    }

    private EventFd connect(int gsi) {
        EventFd bell = EventFd.create();
        try {
            vm.irqfd(bell, gsi, false);
        } catch (RuntimeException e) {
            bell.close();
            throw e;
        }
        return bell;
    }

    /** Takes the interrupts off KVM. Idempotent. */
    @Override
    public void close() {
        while (!interrupts.isEmpty()) {
            Map.Entry<Integer, EventFd> last = interrupts.pollLastEntry();
            try (EventFd bell = last.getValue()) {
                vm.irqfd(bell, last.getKey(), true);
            }
        }
    }
}
