/*
 * dirty RATE [MIB] [SECONDS]: writes memory page by page at RATE MiB/s, from ring 3, and finds any
 * page that does not hold what was written to it last. RATE 0 only shows ticks.
 */
#include "runtime/guest.h"

#define FIRST_GPA (4 * MIB)
#define WORDS (PAGE / 8)

static uint64_t page_count;
static uint64_t written; /* pages, since the start; page p of round r is write r * page_count + p */
static uint64_t cycles_ms;

/* What page p holds after its write in a round; rounds count from 1, 0 is memory never written. */
static uint64_t value(uint64_t page, uint64_t round) { return round << 40 ^ (FIRST_GPA + page * PAGE); }

static uint64_t *page_at(uint64_t page) { return (uint64_t *)(FIRST_GPA + page * PAGE); }

static void fill(uint64_t page, uint64_t v) {
    uint64_t *to = page_at(page);
    uint64_t words = WORDS;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(v) : "memory");
}

static void check(uint64_t page, uint64_t round) {
    uint64_t want = round ? value(page, round) : 0;
    const volatile uint64_t *at = page_at(page);
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < WORDS; i++) wrong |= at[i] ^ want;
    if (!wrong) return;
    for (uint32_t i = 0; i < WORDS; i++) {
        if (at[i] == want) continue;
        say("dirty: LOST page %x round %u word %u holds %x, not %x\n", FIRST_GPA + page * PAGE, round, (uint64_t)i, at[i], want);
        break;
    }
    finish(1);
}

/* The round in which a page was written last. */
static uint64_t last_round(uint64_t page) { return written / page_count + (page < written % page_count); }

static void write_next(void) {
    uint64_t page = written % page_count;
    uint64_t round = written / page_count;
    check(page, round);
    fill(page, value(page, round + 1));
    written++;
}

static void check_all(void) {
    for (uint64_t p = 0; p < page_count; p++) check(p, last_round(p));
}

void guest_main(void) {
    uint64_t rate = number(next_argument());
    const char *word = next_argument();
    uint64_t mib = *word ? number(word) : 64;
    word = next_argument();
    uint64_t seconds = *word ? number(word) : 0;
    if (mib == 0 || mib > 3000) give_up("dirty: MIB is 1..3000");
    for (uint32_t g = 1; g <= (FIRST_GPA + mib * MIB - 1) / GIB && g < 3; g++) map_gib(g);
    if (rate && !is_free_ram(FIRST_GPA, mib * MIB)) give_up("dirty: not that much memory");
    page_count = mib * MIB / PAGE;

    ticks_start();
    uint64_t per_tick = cycles_per_tick();
    cycles_ms = per_tick * TICKS_HZ / 1000;
    say("dirty: %u MiB/s over %u MiB from %x\n", rate, mib, FIRST_GPA);

    uint64_t start = rdtsc(), seen_at = start, budget_at = start, shown = start;
    uint64_t first_tick = ticks, longest = 0, budget = 0;
    for (;;) {
        uint64_t now = rdtsc();
        if (now < seen_at) { /* the clock was set back under us */
            say("dirty: TSC went back by %u ms\n", (seen_at - now) / cycles_ms);
            start -= seen_at - now, shown = budget_at = seen_at = now;
        }
        if (now - seen_at > longest) longest = now - seen_at;
        seen_at = now;
        if (now - shown >= 100 * cycles_ms) {
            uint64_t ms = (now - start) / cycles_ms;
            say("tick %u time %u ms gap %u ms wrote %u MiB rounds %u\n", ticks - first_tick, ms,
                longest / cycles_ms, written * PAGE / MIB, rate ? written / page_count : 0);
            shown = now, longest = 0;
            int key = in8(PORT_COM1 + 5) & 1 ? in8(PORT_COM1) : 0;
            if (key == 'q' || (seconds && ms >= seconds * 1000)) break;
        }
        /* what is due since the last look; a long stop of the machine is not made up for */
        uint64_t elapsed = now - budget_at;
        if (elapsed > 4 * per_tick) elapsed = 4 * per_tick;
        budget += elapsed * rate * (MIB / PAGE);
        budget_at = now;
        uint64_t second = cycles_ms * 1000;
        if (budget < second) {
            wait_for_interrupt(); /* the next tick */
            continue;
        }
        /* in portions, so that the line above stays punctual */
        for (int i = 0; i < 64 && budget >= second; i++, budget -= second) write_next();
        if (budget > 4 * per_tick * rate * (MIB / PAGE)) budget = 0;
    }
    if (rate) check_all();
    say("dirty: ok, %u pages written, all %u hold their last value\n", written, rate ? page_count : 0);
}
