/* end WAY: ends by one way only: poweroff, i8042, cf9, debug N, exact N, halt. */
#include "runtime/guest.h"

static void halt(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    for (;;) __asm__ volatile("cli; hlt");
}

void guest_main(void) {
    const char *way = next_argument();
    say("end: by %s\n", way);
    if (same(way, "poweroff")) out16(PORT_PM1A_CONTROL, 0x2000);
    else if (same(way, "i8042")) out8(PORT_I8042_COMMAND, 0xfe);
    else if (same(way, "cf9")) out8(PORT_RESET, 0x02), out8(PORT_RESET, 0x06);
    else if (same(way, "debug")) out8(PORT_DEBUG_EXIT, (uint8_t)number(next_argument()));
    else if (same(way, "exact")) out8(PORT_EXACT_STATUS, (uint8_t)number(next_argument()));
    else if (!same(way, "halt")) give_up("end: poweroff, i8042, cf9, debug N, exact N or halt");
    else ring0(halt, 0);
    say("end: still here\n");
    finish(97);
}
