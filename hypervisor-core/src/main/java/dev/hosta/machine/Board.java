package dev.hosta.machine;

import dev.hosta.boot.VirtioMmioDevice;
import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.device.bus.AddressSpace;
import dev.hosta.device.bus.BusDevice;
import dev.hosta.device.irq.InterruptLine;
import dev.hosta.device.legacy.AcpiPower;
import dev.hosta.device.legacy.AgentPort;
import dev.hosta.device.legacy.CmosRtc;
import dev.hosta.device.legacy.DebugExit;
import dev.hosta.device.legacy.ExitStatus;
import dev.hosta.device.legacy.I8042Reset;
import dev.hosta.device.legacy.PanicPort;
import dev.hosta.device.legacy.PciConfigPorts;
import dev.hosta.device.legacy.PostCodePort;
import dev.hosta.device.legacy.ResetControl;
import dev.hosta.device.legacy.Uart16550;
import dev.hosta.device.lifecycle.Device;
import dev.hosta.device.lifecycle.GuestRequest;
import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.state.Stateful;
import dev.hosta.machine.MachineState.DeviceState;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The PC around CPU and memory: which device stands at which port, on which interrupt.
 *
 * <pre>
 *   port          device                         interrupt
 *   060, 064      keyboard controller's reset    -
 *   070-071       real-time clock                -
 *   080           POST codes, swallowed          -
 *   0f4-0f7       debug exit, (v &lt;&lt; 1) | 1       -
 *   3f8-3ff       serial port COM1               GSI 4
 *   505           pvpanic: the kernel panicked   -
 *   5f0-5f1       agent in the guest             -
 *   5f4           exact exit status              -
 *   600-60f       ACPI: PM1a, PM timer, GPE0     GSI 9, the SCI
 *   cf8-cff       PCI: nothing here; cf9 resets  -
 * </pre>
 *
 * <p>Virtio devices are plugged in by {@link VirtioSlots}.
 *
 * <p>Both 8259A, the I/O APIC, the local APICs and the 8254 with port 061 are KVM's own.
 *
 * <p>Threading: built and closed by the control thread; devices say their own.
 */
final class Board implements AutoCloseable {
    static final int SERIAL_GSI = 4;
    static final int SCI_GSI = 9;

    private static final int I8042_DATA_PORT = 0x60;
    private static final int I8042_COMMAND_PORT = 0x64;
    private static final int RTC_PORT = 0x70;
    private static final int POST_PORT = 0x80;
    private static final int DEBUG_EXIT_PORT = 0xf4;
    private static final int SERIAL_PORT = 0x3f8;
    private static final int PANIC_PORT = 0x505;
    private static final int AGENT_PORT = 0x5f0;
    private static final int EXIT_STATUS_PORT = 0x5f4;
    private static final int ACPI_PORT = 0x600;
    private static final int PCI_PORT = 0xcf8;

    private final AddressSpace ports = new AddressSpace("port I/O");
    private final AddressSpace mmio = new AddressSpace("MMIO");
    private final Uart16550 serial;
    private final AcpiPower power;
    private final AgentPort agent = new AgentPort();

    private final List<VirtioMmioDevice> virtioMmio = new ArrayList<>();

    /** In the order in which they start; closed in reverse. */
    private final SequencedMap<String, Device> devices = new LinkedHashMap<>();

    /** By path, in the order in which their state is taken over. */
    private final SequencedMap<String, Stateful<?>> stateful = new LinkedHashMap<>();

    /**
     * Builds the board.
     *
     * @param lines gives the interrupt line of a GSI
     * @param console where the serial port's output goes
     * @param lowRamBytes RAM below 4 GiB, for the real-time clock's memory size
     * @param highRamBytes RAM from 4 GiB
     * @param requests takes power-off, reset and exit
     */
    Board(
            IntFunction<InterruptLine> lines,
            ConsoleOutput console,
            long lowRamBytes,
            long highRamBytes,
            Consumer<GuestRequest> requests) {
        serial = add("serial0", new Uart16550(lines.apply(SERIAL_GSI), console));
        power = add("power", new AcpiPower(lines.apply(SCI_GSI), System::nanoTime, requests));
        CmosRtc rtc = add("rtc", new CmosRtc(InstantSource.system(), lowRamBytes, highRamBytes));
        I8042Reset i8042 = add("i8042", new I8042Reset(requests));
        ResetControl reset = add("reset", new ResetControl(requests));
        PciConfigPorts pci = add("pci", new PciConfigPorts(reset));
        port(I8042_DATA_PORT, 1, "i8042 data", i8042.dataPort());
        port(I8042_COMMAND_PORT, 1, "i8042 command", i8042.commandPort());
        port(RTC_PORT, CmosRtc.SIZE_BYTES, "rtc", rtc);
        port(POST_PORT, PostCodePort.SIZE_BYTES, "post codes", new PostCodePort());
        port(DEBUG_EXIT_PORT, DebugExit.SIZE_BYTES, "debug exit", new DebugExit(requests));
        port(SERIAL_PORT, Uart16550.SIZE_BYTES, "serial0", serial);
        port(PANIC_PORT, PanicPort.SIZE_BYTES, "pvpanic", new PanicPort(requests));
        port(AGENT_PORT, AgentPort.SIZE_BYTES, "agent", agent);
        port(EXIT_STATUS_PORT, ExitStatus.SIZE_BYTES, "exit status", new ExitStatus(requests));
        port(ACPI_PORT, AcpiPower.SIZE_BYTES, "acpi power", power);
        port(PCI_PORT, PciConfigPorts.SIZE_BYTES, "pci config", pci);
    }

    private <D extends Device> D add(String name, D device) {
        String path = "/devices/" + name;
        devices.put(path, device);
        if (device instanceof Stateful<?> one) {
            stateful.put(path, one);
        }
        return device;
    }

    private void port(int base, int sizeBytes, String name, BusDevice device) {
        ports.claim(base, sizeBytes, name, device);
    }

    /**
     * Adds a device behind memory-mapped registers, before the machine starts.
     *
     * @param name its place in the state
     * @param window where the registers are, as the guest is told
     * @param device its life and state; the board closes it
     * @param registers what stands in the window
     * @param inner what has state behind the registers, if anything has; it is taken over after
     *     that of {@code device}
     */
    void plug(
            String name,
            VirtioMmioDevice window,
            Device device,
            BusDevice registers,
            Optional<Stateful<?>> inner) {
        add(name, device);
        inner.ifPresent(one -> stateful.put("/devices/" + name + "/device", one));
        mmio.claim(window.gpa(), window.sizeBytes(), name, registers);
        virtioMmio.add(window);
    }

    /** The virtio devices, as the guest is told of them. */
    List<VirtioMmioDevice> virtioMmio() {
        return List.copyOf(virtioMmio);
    }

    AddressSpace ports() {
        return ports;
    }

    AddressSpace mmio() {
        return mmio;
    }

    Uart16550 serial() {
        return serial;
    }

    AcpiPower power() {
        return power;
    }

    AgentPort agent() {
        return agent;
    }

    void start() {
        devices.values().forEach(Device::start);
    }

    void pause() {
        devices.values().forEach(Device::pause);
    }

    void resume() {
        devices.values().forEach(Device::resume);
    }

    /** Makes the guest known to its networks. */
    void announce() {
        slots().forEach(VirtioSlot::announce);
    }

    /** Has the disks end what is in flight and begin nothing. */
    void pauseDisks() {
        slots().filter(VirtioSlot::isDisk).forEach(VirtioSlot::pause);
    }

    /** Lets the disks go on. */
    void resumeDisks() {
        slots().filter(VirtioSlot::isDisk).forEach(VirtioSlot::resume);
    }

    private Stream<VirtioSlot> slots() {
        return devices.values().stream()
                .filter(VirtioSlot.class::isInstance)
                .map(VirtioSlot.class::cast);
    }

    /** What each device has counted, by path; a device that counts nothing is there too. */
    SequencedMap<String, SequencedMap<String, Long>> counters() {
        SequencedMap<String, SequencedMap<String, Long>> counters = new LinkedHashMap<>();
        devices.forEach((path, device) -> counters.put(path, device.counters()));
        return counters;
    }

    /** State of every device that has some; only while paused. */
    List<DeviceState> exportState() {
        List<DeviceState> states = new ArrayList<>();
        stateful.forEach(
                (path, one) ->
                        states.add(
                                new DeviceState(
                                        path,
                                        one.stateType().kind(),
                                        one.stateType().version(),
                                        one.exportState())));
        return states;
    }

    /**
     * Takes over the state of every device; only while paused.
     *
     * @throws InvalidStateException where one is missing, unknown, or of another kind
     */
    void importState(List<DeviceState> states) {
        Map<String, DeviceState> byPath = new HashMap<>();
        states.forEach(s -> byPath.put(s.path(), s));
        stateful.forEach((path, one) -> take(path, one, byPath.remove(path)));
        if (!byPath.isEmpty()) {
            throw new InvalidStateException(
                    "State for devices that this machine does not have: paths=" + byPath.keySet());
        }
    }

    private static <T extends Record> void take(
            String path, Stateful<T> stateful, DeviceState state) {
        if (state == null) {
            throw new InvalidStateException("A device's state is missing: path=" + path);
        }
        if (!state.kind().equals(stateful.stateType().kind())
                || !stateful.stateType().type().isInstance(state.payload())) {
            throw new InvalidStateException(
                    "A device's state is of another kind: path="
                            + path
                            + ", kind="
                            + state.kind()
                            + " v"
                            + state.version()
                            + ", expected="
                            + stateful.stateType().kind()
                            + " v"
                            + stateful.stateType().version());
        }
        stateful.importState(stateful.stateType().type().cast(state.payload()));
    }

    @Override
    public void close() {
        devices.sequencedValues().reversed().forEach(Device::close);
    }
}
