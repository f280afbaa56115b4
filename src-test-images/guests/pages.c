/*
 * pages [wait] GPA...: writes one word to each of the named pages and says so. With `wait` it does so
 * at each `w` from the serial line, and ends at `q`.
 */
#include "runtime/guest.h"

static uint64_t list[128];
static uint32_t count;

static void write_all(uint64_t round) {
    for (uint32_t i = 0; i < count; i++) *(volatile uint64_t *)list[i] = list[i] ^ round;
    say("pages: wrote %u pages, round %u\n", (uint64_t)count, round);
}

static char key(void) {
    while (!(in8(PORT_COM1 + 5) & 1)) relax();
    return in8(PORT_COM1);
}

void guest_main(void) {
    int wait = 0;
    for (;;) {
        const char *word = next_argument();
        if (!*word) break;
        if (same(word, "wait")) {
            wait = 1;
            continue;
        }
        uint64_t gpa = number(word);
        if (gpa % PAGE || !is_free_ram(gpa, PAGE)) give_up("pages: not a free page of RAM");
        if (count == sizeof list / sizeof *list) give_up("pages: at most 128");
        if (gpa >= GIB) map_gib(gpa / GIB);
        list[count++] = gpa;
    }
    say("pages: ready\n");
    if (!wait) {
        write_all(1);
        return;
    }
    for (uint64_t round = 1;;) {
        char c = key();
        if (c == 'w') write_all(round++);
        if (c == 'q') break;
    }
}
