/* CPUs: interrupt table, going to ring 0 and back, page mapping, starting the others. */
#include "internal.h"

uint64_t page_root[512] __attribute__((aligned(4096)));
uint64_t page_pointers[512] __attribute__((aligned(4096)));
uint64_t page_directory_3[512] __attribute__((aligned(4096)));
static uint64_t more_directories[32][512] __attribute__((aligned(4096)));
static uint32_t more_used;

struct gate { uint64_t low, high; } idt[256] __attribute__((aligned(16)));

#define STACK 4096
static uint8_t ring3_stacks[CPUS_MAX][STACK] __attribute__((aligned(16)));
static uint8_t ring0_stacks[CPUS_MAX][STACK] __attribute__((aligned(16)));

uint32_t ap_tss_selector, ap_ring0_stack, ap_ring3_stack;
static uint32_t ap_index;
static void (*ap_function)(uint32_t);
static volatile uint32_t ap_running[CPUS_MAX];

static void gate_set(uint32_t vector, const void *entry) {
    uint64_t a = (uint64_t)entry;
    idt[vector].low = (a & 0xffff) | 0x18ull << 16 | 0x8e00ull << 32 | (a >> 16 & 0xffff) << 48;
    idt[vector].high = a >> 32;
}

void tables_build(void) {
    tss_bitmap_end = 0xff;
    for (uint32_t v = 0; v < 32; v++) gate_set(v, exception_stubs + 16 * v);
    gate_set(VECTOR_TIMER, timer_entry);
    gate_set(VECTOR_SERIAL, serial_entry);
    gate_set(6, call_entry);
    gate_set(0xff, spurious_entry);
}

void exception_report(const uint64_t *frame) {
    uint64_t cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    say("guest: exception %u error %x at cs %x rip %x rflags %x cr2 %x\n", frame[0], frame[1], frame[3], frame[2], frame[4], cr2);
    finish(98);
}

void ring0(void (*function)(void *, uint64_t *), void *argument) {
    uint64_t call = 0x80;
    __asm__ volatile("ud2"
                     : "+a"(call), "+D"(function), "+S"(argument)
                     :
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void cpuid_call(void *c, uint64_t *frame) {
    (void)frame;
    struct cpuid *out = c;
    *out = cpuid_here(out->eax);
}

struct cpuid cpuid_ring0(uint32_t leaf) {
    struct cpuid c = {.eax = leaf};
    ring0(cpuid_call, &c);
    return c;
}

static void interrupts_call(void *on, uint64_t *frame) {
    frame[2] = on ? frame[2] | 0x200 : frame[2] & ~0x200ull;
}

void interrupts_on(void) { ring0(interrupts_call, (void *)1); }
void interrupts_off(void) { ring0(interrupts_call, 0); }

static void halt_call(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

void wait_for_interrupt(void) { ring0(halt_call, 0); }

void map_gib(uint32_t index) {
    if (index == 3) give_up("the fourth GiB holds devices");
    if (index >= 512) give_up("address beyond 512 GiB");
    if (page_pointers[index]) return;
    if (more_used == 32) give_up("no page directory left");
    uint64_t *directory = more_directories[more_used++];
    for (uint32_t i = 0; i < 512; i++) directory[i] = (uint64_t)index * GIB + i * 2 * MIB + 0x87;
    page_pointers[index] = (uint64_t)directory + 7;
}

void map_window(uint64_t gpa) {
    if (gpa / GIB != 3) give_up("registers outside the fourth GiB");
    page_directory_3[gpa / (2 * MIB) % 512] = (gpa & ~(2 * MIB - 1)) | 0x9f;
}

/* No clock is known: a TSC of some GHz is assumed, so that a million cycles are under a millisecond. */
#define MILLION 1000000ull

static void spin(uint64_t cycles) {
    uint64_t from = rdtsc();
    while (rdtsc() - from < cycles) relax();
}

/* Where another CPU arrives, in ring 3. */
void ap_start(void) {
    uint32_t index = ap_index;
    ap_running[index] = 1;
    ap_function(index);
    ring0(halt_for_good, 0);
}

void halt_for_good(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    for (;;) __asm__ volatile("cli; hlt");
}

#define TRAMPOLINE 0x8000
#define LAPIC_ICR_LOW 0xfee00300
#define LAPIC_ICR_HIGH 0xfee00310

static void icr_send(uint8_t apic_id, uint32_t command) {
    *reg32(LAPIC_ICR_HIGH) = (uint32_t)apic_id << 24;
    *reg32(LAPIC_ICR_LOW) = command;
    while (*reg32(LAPIC_ICR_LOW) & 0x1000) relax();
}

int cpu_start(uint32_t index, void (*function)(uint32_t)) {
    uint8_t *to = (uint8_t *)TRAMPOLINE;
    for (const uint8_t *from = ap_trampoline; from < ap_trampoline_end; from++) *to++ = *from;
    uint64_t base = (uint64_t)tss[index];
    uint64_t stack = (uint64_t)ring0_stacks[index + 1];
    uint16_t bitmap = TSS_BITMAP - 128 * index; /* shared: see start.S */
    uint64_t limit = bitmap + 8192;
    __builtin_memcpy(tss[index] + 4, &stack, 8);
    __builtin_memcpy(tss[index] + 102, &bitmap, 2);
    gdt[6 + 2 * index] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    ap_tss_selector = 0x30 + 16 * index;
    ap_ring0_stack = stack;
    ap_ring3_stack = (uint32_t)(uint64_t)ring3_stacks[index + 1] - 8;
    ap_index = index;
    ap_function = function;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    icr_send(machine.apic_id[index], 0x4500); /* INIT */
    spin(10 * MILLION);
    for (int attempt = 0; attempt < 2; attempt++) {
        icr_send(machine.apic_id[index], 0x4600 | TRAMPOLINE >> 12); /* SIPI */
        for (uint64_t from = rdtsc(); rdtsc() - from < 5000 * MILLION;) {
            if (ap_running[index]) return 1;
            relax();
        }
    }
    return 0;
}
