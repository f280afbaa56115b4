/*
 * echo [MIB]: sends back what the serial line receives, driven by its interrupt; Ctrl-D ends it. Before
 * that it writes one word to each page of MIB of memory.
 */
#include "runtime/guest.h"

#define FIRST_GPA (4 * MIB)
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

static void touch(uint64_t mib) {
    if (mib > 3000) give_up("echo: MIB is 0..3000");
    if (!is_free_ram(FIRST_GPA, mib * MIB)) give_up("echo: not that much memory");
    for (uint32_t g = 1; g <= (FIRST_GPA + mib * MIB - 1) / GIB && g < 3; g++) map_gib(g);
    for (uint64_t gpa = FIRST_GPA; gpa < FIRST_GPA + mib * MIB; gpa += PAGE) *(volatile uint64_t *)gpa = gpa;
}

void guest_main(void) {
    const char *word = next_argument();
    if (*word) touch(number(word));
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
