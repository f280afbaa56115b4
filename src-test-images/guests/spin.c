/* spin: one line, then a loop in ring 3 with interrupts off, for ever. */
#include "runtime/guest.h"

void guest_main(void) {
    say("spin: from here on nothing but a loop\n");
    interrupts_off();
    for (;;) __asm__ volatile("");
}
