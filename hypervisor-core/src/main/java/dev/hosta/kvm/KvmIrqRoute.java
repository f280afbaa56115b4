package dev.hosta.kvm;

/** Where one GSI leads: an entry of the table that {@link KvmVm#setGsiRouting} replaces. */
public sealed interface KvmIrqRoute {
    /** The GSI, 0..4095. */
    int gsi();

    /**
     * A pin of an in-kernel chip.
     *
     * @param gsi the GSI
     * @param chip {@code KVM_IRQCHIP_*}: 0 and 1 the PICs, 2 the IOAPIC
     * @param pin 0..7 of a PIC, 0..23 of the IOAPIC
     */
    record Pin(int gsi, int chip, int pin) implements KvmIrqRoute {}

    /**
     * A message-signalled interrupt.
     *
     * @param gsi the GSI
     * @param address message address, 0xfee0_0000 and up
     * @param data message data
     */
    record Message(int gsi, long address, int data) implements KvmIrqRoute {}
}
