/* crash [triple|triple0|invalid|paging|exception]: ends by a mistake that no machine recovers from. */
#include "runtime/guest.h"

static const struct __attribute__((packed)) { uint16_t limit; uint64_t base; } no_idt;

static void forget_idt(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    __asm__ volatile("lidt %0" : : "m"(no_idt));
}

static void triple_in_ring0(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    __asm__ volatile("lidt %0; ud2" : : "m"(no_idt));
}

/* Ring 0 fetches instructions where no memory is: KVM has to emulate, and cannot. */
static void jump_to_nothing(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    __asm__ volatile("jmp *%0" : : "r"(NOTHING_GPA));
}

static uint64_t nothing_mapped[512] __attribute__((aligned(4096)));

/* The page tables are gone, and with them the code and every handler. */
static void lose_page_tables(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    __asm__ volatile("mov %0, %%cr3; jmp 1f; 1: nop" : : "r"(nothing_mapped));
}

void guest_main(void) {
    const char *way = next_argument();
    if (!*way) way = "triple";
    say("crash: %s\n", way);
    if (same(way, "triple")) {
        ring0(forget_idt, 0);
        __asm__ volatile("ud2" : : "a"(0));
    } else if (same(way, "triple0")) {
        ring0(triple_in_ring0, 0);
    } else if (same(way, "invalid")) {
        ring0(jump_to_nothing, 0);
    } else if (same(way, "paging")) {
        ring0(lose_page_tables, 0);
    } else if (same(way, "exception")) {
        *(volatile uint32_t *)(511 * GIB) = 0; /* reported by the guest itself */
    } else {
        give_up("crash: triple, triple0, invalid, paging or exception");
    }
    say("crash: still here\n");
    finish(97);
}
