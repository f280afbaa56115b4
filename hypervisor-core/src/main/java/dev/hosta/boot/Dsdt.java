package dev.hosta.boot;

import java.util.List;
import java.util.Locale;

/** The DSDT's content: the devices that a guest cannot find by itself, and power-off. */
final class Dsdt {
    private static final int COM1_PORT = 0x3f8;
    private static final int COM1_IRQ = 4;
    private static final int RTC_PORT = 0x70;
    private static final int RTC_IRQ = 8;
    private static final int PANIC_PORT = 0x505;

    /** Device is present, enabled, shown and working (§6.3.7). */
    private static final int STATUS_WORKING = 0xf;

    private static final int FIXED_DEVICES = 4;

    private Dsdt() {}

    /** AML after the table header. */
    static byte[] content(List<VirtioMmioDevice> virtioMmio) {
        byte[][] devices = new byte[FIXED_DEVICES + virtioMmio.size()][];
        devices[0] = serialPort();
        devices[1] = clock();
        devices[2] = GenerationId.device();
        devices[3] = panicPort();
        for (int i = 0; i < virtioMmio.size(); i++) {
            devices[FIXED_DEVICES + i] = virtio(i, virtioMmio.get(i));
        }
        // S5: SLP_TYPa and SLP_TYPb are 0, so writing SLP_EN (0x2000) alone powers off (§7.4.2.6).
        byte[] zero = Aml.integer(0);
        byte[] powerOff = Aml.named("_S5", Aml.packageOf(zero, zero, zero, zero));
        return Aml.join(Aml.scope("_SB", devices), GenerationId.event(), powerOff);
    }

    private static byte[] serialPort() {
        return Aml.device(
                "COM1",
                Aml.named("_HID", Aml.eisaId("PNP0501")),
                Aml.named("_UID", Aml.integer(1)),
                Aml.named("_STA", Aml.integer(STATUS_WORKING)),
                Aml.named("_CRS", Aml.resources(Aml.ioPorts(COM1_PORT, 8), Aml.irq(COM1_IRQ))));
    }

    private static byte[] clock() {
        return Aml.device(
                "RTC",
                Aml.named("_HID", Aml.eisaId("PNP0B00")),
                Aml.named("_STA", Aml.integer(STATUS_WORKING)),
                Aml.named("_CRS", Aml.resources(Aml.ioPorts(RTC_PORT, 2), Aml.irq(RTC_IRQ))));
    }

    /** QEMU0001 is the id of pvpanic (QEMU, docs/specs/pvpanic.rst). */
    private static byte[] panicPort() {
        return Aml.device(
                "PEVT",
                Aml.named("_HID", Aml.string("QEMU0001")),
                Aml.named("_STA", Aml.integer(STATUS_WORKING)),
                Aml.named("_CRS", Aml.resources(Aml.ioPorts(PANIC_PORT, 1))));
    }

    /** LNRO0005 is the id that Linux and others bind their virtio-mmio driver to. */
    private static byte[] virtio(int index, VirtioMmioDevice device) {
        String digits = Integer.toHexString(0x100 + index).substring(1).toUpperCase(Locale.ROOT);
        return Aml.device(
                "VR" + digits,
                Aml.named("_HID", Aml.string("LNRO0005")),
                Aml.named("_UID", Aml.integer(index)),
                Aml.named("_CCA", Aml.integer(1)),
                Aml.named(
                        "_CRS",
                        Aml.resources(
                                Aml.memory32Fixed(device.gpa(), device.sizeBytes()),
                                Aml.edgeInterrupt(device.gsi()))));
    }
}
