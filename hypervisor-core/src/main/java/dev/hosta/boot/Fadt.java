package dev.hosta.boot;

import java.nio.ByteBuffer;

/**
 * The fixed ACPI description table, revision 6.5 (ACPI 6.5 §5.2.9): where the PM1 registers, the PM
 * timer, the general purpose events and the reset register are. The machine is not
 * hardware-reduced, so that its power button is the fixed one.
 */
final class Fadt {
    private static final int REVISION = 6;
    private static final int MINOR_REVISION = 5;
    private static final int SIZE = 276;

    private static final int SCI = 9;
    private static final int PM1A_EVENT_PORT = 0x600;
    private static final int PM1A_CONTROL_PORT = 0x604;
    private static final int PM_TIMER_PORT = 0x608;
    private static final int GPE0_PORT = 0x60c;
    private static final int GPE0_BYTES = 4; // 2 of status, 2 of enable
    private static final int RESET_PORT = 0xcf9;
    private static final int RESET_VALUE = 6;

    /** IAPC_BOOT_ARCH: ISA devices are there; an 8042 is; no VGA (§5.2.9.3). */
    private static final int LEGACY_DEVICES = 1;

    private static final int I8042 = 1 << 1;
    private static final int NO_VGA = 1 << 2;

    /** Flags (§5.2.9, table 5.10). */
    private static final int WBINVD = 1;

    private static final int PROC_C1 = 1 << 2;
    private static final int NO_SLEEP_BUTTON = 1 << 5;
    private static final int RTC_WAKE_NOT_FIXED = 1 << 6;
    private static final int RESET_REG_SUP = 1 << 10;

    /** Latencies beyond which a kernel takes C2 and C3 as absent. */
    private static final int NO_C2 = 101;

    private static final int NO_C3 = 1001;

    private static final int SYSTEM_IO = 1;

    private Fadt() {}

    static ByteBuffer table(long facsGpa, long dsdtGpa, boolean i8042) {
        ByteBuffer t = AcpiTable.create("FACP", REVISION, SIZE - AcpiTable.HEADER_BYTES);
        t.putInt(36, (int) facsGpa);
        t.putInt(40, (int) dsdtGpa);
        t.putShort(46, (short) SCI);
        // SMI_CMD stays 0: the machine is always in ACPI mode.
        t.putInt(56, PM1A_EVENT_PORT);
        t.putInt(64, PM1A_CONTROL_PORT);
        t.putInt(76, PM_TIMER_PORT);
        t.putInt(80, GPE0_PORT);
        t.put(88, (byte) 4);
        t.put(89, (byte) 2);
        t.put(91, (byte) 4);
        t.put(92, (byte) GPE0_BYTES);
        t.putShort(96, (short) NO_C2);
        t.putShort(98, (short) NO_C3);
        t.putShort(109, (short) (LEGACY_DEVICES | NO_VGA | (i8042 ? I8042 : 0)));
        t.putInt(112, WBINVD | PROC_C1 | NO_SLEEP_BUTTON | RTC_WAKE_NOT_FIXED | RESET_REG_SUP);
        ioRegister(t, 116, RESET_PORT, 8, 1);
        t.put(128, (byte) RESET_VALUE);
        t.put(131, (byte) MINOR_REVISION);
        // X_FIRMWARE_CTRL stays 0, for the 32-bit field is in use.
        t.putLong(140, dsdtGpa);
        ioRegister(t, 148, PM1A_EVENT_PORT, 32, 2);
        ioRegister(t, 172, PM1A_CONTROL_PORT, 16, 2);
        ioRegister(t, 208, PM_TIMER_PORT, 32, 3);
        ioRegister(t, 220, GPE0_PORT, 8 * GPE0_BYTES, 1);
        AcpiTable.ascii(t, 268, "Hosta");
        return AcpiTable.seal(t);
    }

    /** Generic address structure of a port (§5.2.3.2). Access size: 1 byte, 2 word, 3 dword. */
    private static void ioRegister(
            ByteBuffer table, int offset, int port, int widthBits, int accessSize) {
        table.put(offset, (byte) SYSTEM_IO);
        table.put(offset + 1, (byte) widthBits);
        table.put(offset + 3, (byte) accessSize);
        table.putLong(offset + 4, port);
    }
}
