/* crash [triple|triple0|invalid|paging|exception|panic|pvpanic]: ends by a mistake that no machine recovers from. */
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

static void halt_for_good0(void *unused, uint64_t *frame) {
    (void)unused, (void)frame;
    for (;;) __asm__ volatile("cli; hlt");
}

/* The lines that a Linux kernel leaves, then its silence, or its restart. */
static void panic(const char *after) {
    say("[    1.000000] Kernel panic - not syncing: asked for\r\n");
    say("[    1.000001] Call Trace:\r\n[    1.000002]  panic+0x0/0x1\r\n");
    if (same(after, "reset")) out8(PORT_I8042_COMMAND, 0xfe);
    say("[    1.000003] ---[ end Kernel panic - not syncing: asked for ]---\r\n");
    ring0(halt_for_good0, 0);
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
    } else if (same(way, "panic")) {
        panic(next_argument());
    } else if (same(way, "pvpanic")) {
        out8(PORT_PVPANIC, 2); /* a crash kernel goes on: no end yet */
        say("crash: still here, for the crash kernel\n");
        out8(PORT_PVPANIC, 1);
    } else {
        give_up("crash: triple, triple0, invalid, paging, exception, panic or pvpanic");
    }
    say("crash: still here\n");
    finish(97);
}
