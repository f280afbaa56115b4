/*
 * What every guest program has: ports, printing, time, the machine as the loader described it,
 * and a way between ring 3 (where guest_main runs) and ring 0.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 64
#define GIB (1ull << 30)
#define MIB (1ull << 20)
#define PAGE 4096ull

/* The first line of a guest, sent by the entry code before anything is set up. */
#define GREETING(text) \
    __attribute__((section(".greeting"), used)) static const char greeting_text[sizeof(text) - 1] = text

/* Ports. */
#define PORT_COM1 0x3f8
#define PORT_EXACT_STATUS 0x5f4 /* a byte written here ends the guest with that status */
#define PORT_PM1A_CONTROL 0x604
#define PORT_DEBUG_EXIT 0xf4 /* a value v written here ends the guest with status v * 2 + 1 */
#define PORT_PVPANIC 0x505 /* bit 0: a kernel has panicked; bit 1: and another one goes on */
#define PORT_RESET 0xcf9
#define PORT_I8042_COMMAND 0x64

static inline void out8(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void out16(uint16_t port, uint16_t v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
static inline void out32(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
static inline uint8_t in8(uint16_t port) { uint8_t v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint16_t in16(uint16_t port) { uint16_t v; __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint32_t in32(uint16_t port) { uint32_t v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

static inline uint64_t rdtsc(void) {
    uint32_t lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}
static inline void relax(void) { __asm__ volatile("pause" : : : "memory"); }

struct cpuid { uint32_t eax, ebx, ecx, edx; };

/* CPUID at the privilege of the caller. */
static inline struct cpuid cpuid_here(uint32_t leaf) {
    struct cpuid c;
    __asm__ volatile("cpuid" : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx) : "a"(leaf), "c"(0));
    return c;
}

/* A 32-bit device register in guest physical memory. */
static inline volatile uint32_t *reg32(uint64_t gpa) { return (volatile uint32_t *)gpa; }

/* Printing, on COM1, polled. */
void put(char c);
void print(const char *text);
void print_u64(uint64_t v);
void print_hex(uint64_t v);
/* print("%s"), decimal %u and hexadecimal %x of a uint64_t; nothing else. */
void say(const char *format, ...);

/* Ends the guest with a status, 0..255, by the ways that README.md lists. */
_Noreturn void finish(uint8_t status);
/* Says why, and ends the guest with status 99. */
_Noreturn void give_up(const char *why);

/* The machine as the loader and its ACPI tables describe it. */
struct ram_range { uint64_t gpa, size_bytes; };
struct machine {
    char command_line[4096];
    uint64_t ram_bytes;
    uint32_t ram_range_count;
    struct ram_range ram[16];
    uint32_t cpu_count; /* 1 where no ACPI tables were given */
    uint8_t apic_id[CPUS_MAX];
    uint64_t rsdp_gpa; /* 0 when there is none */
};
extern struct machine machine;

/* Words of the command line, one after the other; empty at the end. */
const char *next_argument(void);
int same(const char *a, const char *b);
/* Decimal, or hexadecimal behind 0x; gives up on anything else. */
uint64_t number(const char *text);

/*
 * Runs a function in ring 0 on this CPU, interrupts off. Besides the argument it gets the frame it
 * will return by: rip, cs, rflags, rsp, ss.
 */
void ring0(void (*function)(void *, uint64_t *), void *argument);
/* Whether interrupts reach this CPU while it is in ring 3. */
void interrupts_on(void);
void interrupts_off(void);
struct cpuid cpuid_ring0(uint32_t leaf);
/* Stops this CPU until an interrupt came. */
void wait_for_interrupt(void);

/* Mapped, and with nothing there: a 2 MiB page in the hole for devices. */
#define NOTHING_GPA 0xd8000000ull

/* Identity-maps one more GiB (the first is mapped from the start), user-accessible. */
void map_gib(uint32_t index);
/* Identity-maps the 2 MiB of the fourth GiB that hold a device's registers, uncached, user-accessible. */
void map_window(uint64_t gpa);
/* The pages [gpa, gpa + size) belong to RAM and not to this program. */
int is_free_ram(uint64_t gpa, uint64_t size_bytes);

/* Interrupts: local APIC on, PIC masked, the PIT at TICKS_HZ on vector 0x20. */
#define TICKS_HZ 100
extern volatile uint64_t ticks;
void ticks_start(void);
/* TSC cycles in a tick, measured over five ticks; gives up when none come. */
uint64_t cycles_per_tick(void);
void lapic_enable(void);
void ioapic_route(uint32_t pin, uint8_t vector);
#define VECTOR_TIMER 0x20
#define VECTOR_SERIAL 0x24

/* Starts another CPU by INIT and SIPI; it runs the function in ring 3, then halts. Waits until it runs. */
int cpu_start(uint32_t index, void (*function)(uint32_t index));

/* Each guest's own part, in ring 3. Returning ends the guest with status 0. */
void guest_main(void);
/* Called in ring 0 when the serial line interrupts (vector VECTOR_SERIAL). */
void serial_interrupt(void);

#endif
