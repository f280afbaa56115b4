package dev.hosta.boot;

import java.nio.ByteBuffer;

/** The multiple APIC description table (ACPI 6.5 §5.2.12): CPUs and interrupt routing. */
final class Madt {
    private static final int REVISION = 6;
    private static final int FIXED_BYTES = 8;
    private static final int LOCAL_APIC_BYTES = 8;
    private static final int IO_APIC_BYTES = 12;
    private static final int OVERRIDE_BYTES = 10;
    private static final int NMI_BYTES = 6;

    private static final int PCAT_COMPAT = 1;
    private static final int ENABLED = 1;
    private static final int ACTIVE_HIGH_LEVEL = 0xd;
    private static final int SCI = 9;
    private static final int ALL_PROCESSORS = 0xff;

    private Madt() {}

    static ByteBuffer table(int cpus, int timerGsi) {
        int overrides = timerGsi == 0 ? 1 : 2;
        int body =
                FIXED_BYTES
                        + cpus * LOCAL_APIC_BYTES
                        + IO_APIC_BYTES
                        + overrides * OVERRIDE_BYTES
                        + NMI_BYTES;
        ByteBuffer t = AcpiTable.create("APIC", REVISION, body);
        t.position(AcpiTable.HEADER_BYTES);
        t.putInt((int) PhysicalLayout.LOCAL_APIC_GPA).putInt(PCAT_COMPAT);
        for (int cpu = 0; cpu < cpus; cpu++) {
            t.put((byte) 0).put((byte) LOCAL_APIC_BYTES);
            t.put((byte) cpu).put((byte) cpu).putInt(ENABLED);
        }
        t.put((byte) 1).put((byte) IO_APIC_BYTES);
        t.put((byte) 0).put((byte) 0);
        t.putInt((int) PhysicalLayout.IO_APIC_GPA).putInt(0);
        if (timerGsi != 0) {
            override(t, 0, timerGsi, 0);
        }
        override(t, SCI, SCI, ACTIVE_HIGH_LEVEL);
        t.put((byte) 4).put((byte) NMI_BYTES);
        t.put((byte) ALL_PROCESSORS).putShort((short) 0).put((byte) 1); // LINT1
        return AcpiTable.seal(t);
    }

    private static void override(ByteBuffer t, int irq, int gsi, int flags) {
        t.put((byte) 2).put((byte) OVERRIDE_BYTES);
        t.put((byte) 0).put((byte) irq).putInt(gsi).putShort((short) flags);
    }
}
