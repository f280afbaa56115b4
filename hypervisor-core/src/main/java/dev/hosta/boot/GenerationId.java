package dev.hosta.boot;

import dev.hosta.device.backend.EntropySource;
import dev.hosta.device.memory.GuestMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The virtual machine generation id: 128 random bits in guest memory that become others where the
 * guest might run a second time from the same instant, so that it draws new random numbers.
 *
 * <p>ACPI tells the guest of it: a device with the compatible id {@code VM_Gen_Counter} whose
 * {@code ADDR} is the gpa, and which is notified with 0x80 by general purpose event {@value
 * #EVENT}. It stands in memory that e820 reserves, so that no kernel puts something else there.
 *
 * <p>Source: Microsoft, Virtual Machine Generation ID (2012); Linux drivers/virt/vmgenid.c.
 */
public final class GenerationId {
    /** Number of the general purpose event that says that it has changed. */
    public static final int EVENT = 0;

    /** Its length in bytes. */
    public static final int SIZE_BYTES = 16;

    private static final String DEVICE = "VGEN";
    private static final String METHOD = "_E00"; // edge-triggered, EVENT in hex
    private static final int CHANGED = 0x80;

    private GenerationId() {}

    /** Writes a new one to {@link PhysicalLayout#GENERATION_ID_GPA}. */
    public static void renew(GuestMemory memory, EntropySource entropy) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment id = arena.allocate(SIZE_BYTES, Long.BYTES);
            entropy.fill(id);
            memory.write(PhysicalLayout.GENERATION_ID_GPA, id);
        }
    }

    /** The device, for the scope {@code _SB}. */
    static byte[] device() {
        long gpa = PhysicalLayout.GENERATION_ID_GPA;
        return Aml.device(
                DEVICE,
                Aml.named("_HID", Aml.string("HSTA0001")),
                // The first fits ACPI's rules for an id, the second is that of the specification.
                Aml.named(
                        "_CID",
                        Aml.packageOf(Aml.string("VMGENCTR"), Aml.string("VM_Gen_Counter"))),
                Aml.named("_DDN", Aml.string("VM_Gen_Counter")),
                Aml.named(
                        "ADDR",
                        Aml.packageOf(Aml.integer(gpa & 0xffff_ffffL), Aml.integer(gpa >>> 32))));
    }

    /** What the event does, as a term of the root. */
    static byte[] event() {
        return Aml.scope(
                "_GPE", Aml.method(METHOD, Aml.notify("_SB", DEVICE, Aml.integer(CHANGED))));
    }
}
