/* How a guest ends, and the first C code of each. */
#include "internal.h"

_Noreturn void finish(uint8_t status) {
    out8(PORT_EXACT_STATUS, status);
    if (status == 0) out16(PORT_PM1A_CONTROL, 0x2000); /* S5 */
    out8(PORT_DEBUG_EXIT, status >> 1);
    out8(PORT_I8042_COMMAND, 0xfe);
    ring0(halt_for_good, 0);
    for (;;) relax();
}

_Noreturn void give_up(const char *why) {
    say("guest: %s\n", why);
    finish(99);
}

/* The entry code arrives here, in ring 3. */
_Noreturn void guest_start(void) {
    tables_build();
    machine_read();
    guest_main();
    finish(0);
}
