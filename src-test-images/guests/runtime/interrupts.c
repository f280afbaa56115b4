/* Local APIC, IOAPIC and the PIT's periodic interrupt. */
#include "internal.h"

volatile uint64_t ticks;

__attribute__((weak)) void serial_interrupt(void) {}

void lapic_enable(void) {
    out8(0x21, 0xff); /* the PIC stays out of it */
    out8(0xa1, 0xff);
    *reg32(0xfee000f0) = 0x1ff; /* spurious vector register: enabled, vector 0xff */
    *reg32(0xfee00080) = 0;     /* task priority: take everything */
}

/* Edge-triggered, active high, fixed delivery to the first CPU. */
void ioapic_route(uint32_t pin, uint8_t vector) {
    *reg32(0xfec00000) = 0x10 + 2 * pin + 1;
    *reg32(0xfec00010) = (*reg32(0xfee00020) >> 24) << 24;
    *reg32(0xfec00000) = 0x10 + 2 * pin;
    *reg32(0xfec00010) = vector;
}

void ticks_start(void) {
    lapic_enable();
    /* The PIT is on pin 0, or on pin 2 where the board overrides it; the other one is silent. */
    ioapic_route(0, VECTOR_TIMER);
    ioapic_route(2, VECTOR_TIMER);
    uint32_t divisor = 1193182 / TICKS_HZ;
    out8(0x43, 0x34); /* channel 0, both bytes, rate generator */
    out8(0x40, divisor & 0xff);
    out8(0x40, divisor >> 8);
    interrupts_on();
}

static void wait_for_tick(void) {
    uint64_t seen = ticks;
    uint64_t start = rdtsc();
    while (ticks == seen) {
        relax();
        if (rdtsc() - start > 1ull << 34) give_up("no timer interrupts");
    }
}

uint64_t cycles_per_tick(void) {
    static uint64_t measured;
    if (!measured) {
        wait_for_tick();
        uint64_t from = rdtsc();
        uint64_t first = ticks;
        for (int i = 0; i < 5; i++) wait_for_tick();
        measured = (rdtsc() - from) / (ticks - first);
    }
    return measured;
}
