/* status N: ends with status N. */
#include "runtime/guest.h"

void guest_main(void) {
    uint64_t status = number(next_argument());
    say("status: %u\n", status);
    finish((uint8_t)status);
}
