/* What the loader says of the machine: hvm_start_info (PVH) and the ACPI tables behind it. */
#include "internal.h"

struct machine machine = {.cpu_count = 1};
uint32_t start_info_gpa = 1; /* in the data segment: the entry code writes it */

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules_gpa, command_line_gpa, rsdp_gpa, memmap_gpa;
    uint32_t memmap_entries, reserved;
};
struct memmap_entry {
    uint64_t gpa, size_bytes;
    uint32_t type, reserved;
};
#define START_INFO_MAGIC 0x336ec578
#define MEMMAP_RAM 1

static uint32_t u32_at(uint64_t gpa) { uint32_t v; __builtin_memcpy(&v, (void *)gpa, 4); return v; }
static uint64_t u64_at(uint64_t gpa) { uint64_t v; __builtin_memcpy(&v, (void *)gpa, 8); return v; }

static void read_madt(uint64_t madt) {
    uint64_t end = madt + u32_at(madt + 4);
    uint32_t n = 0;
    for (uint64_t e = madt + 44; e + 2 <= end;) {
        const uint8_t *entry = (const uint8_t *)e;
        if (entry[1] < 2) give_up("MADT: entry of no length");
        /* type 0: local APIC; bit 0 of its flags: enabled */
        if (entry[0] == 0 && (entry[4] & 1) && n < CPUS_MAX) machine.apic_id[n++] = entry[3];
        e += entry[1];
    }
    if (n > 0) machine.cpu_count = n;
}

static void read_acpi(uint64_t rsdp) {
    const uint8_t *p = (const uint8_t *)rsdp;
    int wide = p[15] >= 2;
    uint64_t root = wide ? u64_at(rsdp + 24) : u32_at(rsdp + 16);
    uint64_t width = wide ? 8 : 4;
    uint64_t end = root + u32_at(root + 4);
    if (end > GIB) return;
    for (uint64_t e = root + 36; e + width <= end; e += width) {
        uint64_t table = wide ? u64_at(e) : u32_at(e);
        if (table < GIB && u32_at(table) == 0x43495041 /* APIC */) read_madt(table);
    }
}

void machine_read(void) {
    const struct start_info *info = (const struct start_info *)(uint64_t)start_info_gpa;
    if (info->magic != START_INFO_MAGIC) give_up("no hvm_start_info");
    if (info->command_line_gpa) {
        const char *from = (const char *)info->command_line_gpa;
        for (uint32_t i = 0; from[i] && i < sizeof machine.command_line - 1; i++)
            machine.command_line[i] = from[i];
    }
    if (info->version >= 1) {
        const struct memmap_entry *e = (const struct memmap_entry *)info->memmap_gpa;
        for (uint32_t i = 0; i < info->memmap_entries; i++) {
            if (e[i].type != MEMMAP_RAM) continue;
            machine.ram_bytes += e[i].size_bytes;
            if (machine.ram_range_count < 16)
                machine.ram[machine.ram_range_count++] =
                        (struct ram_range){e[i].gpa, e[i].size_bytes};
        }
    }
    machine.rsdp_gpa = info->rsdp_gpa;
    if (machine.rsdp_gpa && machine.rsdp_gpa < GIB) read_acpi(machine.rsdp_gpa);
}

int is_free_ram(uint64_t gpa, uint64_t size_bytes) {
    extern char image_begin[], image_end[];
    if (gpa + size_bytes < gpa) return 0;
    if (gpa < (uint64_t)image_end && gpa + size_bytes > (uint64_t)image_begin) return 0;
    for (uint32_t i = 0; i < machine.ram_range_count; i++) {
        struct ram_range r = machine.ram[i];
        if (gpa >= r.gpa && gpa + size_bytes <= r.gpa + r.size_bytes) return 1;
    }
    return 0;
}

static char *argument_at = machine.command_line;

const char *next_argument(void) {
    while (*argument_at == ' ') argument_at++;
    char *word = argument_at;
    while (*argument_at && *argument_at != ' ') argument_at++;
    if (*argument_at) *argument_at++ = 0;
    return word;
}

int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

uint64_t number(const char *text) {
    uint64_t v = 0;
    uint32_t base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
    const char *c = base == 16 ? text + 2 : text;
    if (!*c) give_up("a number was expected");
    for (; *c; c++) {
        uint32_t d = *c >= '0' && *c <= '9' ? *c - '0' : (*c | 32) >= 'a' && (*c | 32) <= 'f' ? (*c | 32) - 'a' + 10 : 99;
        if (d >= base) give_up("not a number");
        v = v * base + d;
    }
    return v;
}
