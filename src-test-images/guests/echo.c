/* echo: sends back what the serial line receives, driven by its interrupt; Ctrl-D ends it. */
#include "runtime/guest.h"

#define RING 256
static volatile uint8_t received[RING];
static volatile uint32_t head, tail;
static volatile uint64_t interrupts;

/* In ring 0: empties the FIFO, so that the edge-triggered line falls. */
void serial_interrupt(void) {
    interrupts++;
    while (in8(PORT_COM1 + 5) & 1) {
        received[head % RING] = in8(PORT_COM1);
        head++;
    }
}

void guest_main(void) {
    lapic_enable();
    ioapic_route(4, VECTOR_SERIAL);
    out8(PORT_COM1 + 2, 0x01); /* FIFO on, interrupt at one byte */
    out8(PORT_COM1 + 4, 0x0b); /* DTR, RTS, OUT2: interrupts reach the bus */
    while (in8(PORT_COM1 + 5) & 1) in8(PORT_COM1);
    out8(PORT_COM1 + 1, 0x01); /* received data interrupts */
    say("echo ready\n");
    for (;;) {
        /* With interrupts off in ring 3 a byte cannot slip in between the look and the halt. */
        if (tail == head) {
            wait_for_interrupt();
            continue;
        }
        char c = received[tail % RING];
        tail++;
        if (c == 4) break;
        put(c);
        if (c == '\r') put('\n');
    }
    out8(PORT_COM1 + 1, 0);
    say("echo: %u bytes, %u interrupts\n", (uint64_t)tail, interrupts);
}
