/* smp: starts every other CPU, each reports itself, then all of them count together. */
#include "runtime/guest.h"

#define ROUNDS 1000
static volatile uint32_t go;
static uint32_t counted, ready, done;

static void report(uint32_t index) {
    /* CPUID leaf 1: the initial APIC id, as this CPU sees it. */
    uint64_t id = cpuid_ring0(1).ebx >> 24;
    say("cpu %u: apic id %u\n", (uint64_t)index, id);
    if (id != machine.apic_id[index]) say("cpu %u: the MADT says apic id %u\n", (uint64_t)index, (uint64_t)machine.apic_id[index]);
}

static void count(void) {
    while (!go) relax();
    for (uint32_t i = 0; i < ROUNDS; i++) __atomic_fetch_add(&counted, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

static void other_cpu(uint32_t index) {
    report(index);
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    count();
}

void guest_main(void) {
    uint32_t n = machine.cpu_count;
    lapic_enable();
    if (n == 1) machine.apic_id[0] = cpuid_ring0(1).ebx >> 24;
    report(0);
    for (uint32_t i = 1; i < n; i++) {
        if (!cpu_start(i, other_cpu)) {
            say("cpu %u: does not start\n", (uint64_t)i);
            finish(1);
        }
        while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < i) relax(); /* one prints at a time */
    }
    go = 1;
    count();
    while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < n) relax();
    say("smp: %u of %u CPUs reported, counted %u of %u together\n", (uint64_t)ready + 1, (uint64_t)n,
        (uint64_t)counted, (uint64_t)n * ROUNDS);
    finish(counted == n * ROUNDS ? 0 : 1);
}
