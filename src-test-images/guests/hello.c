/* hello: greets at once, then says what it sees, from ring 0 and from ring 3. */
#include "runtime/guest.h"

GREETING("Hello from ring 0.\n");

static void signature(struct cpuid c, int vendor, char *to) {
    uint32_t w[3] = {c.ebx, vendor ? c.edx : c.ecx, vendor ? c.ecx : c.edx};
    __builtin_memcpy(to, w, 12);
    to[12] = 0;
}

static void describe(const char *ring, struct cpuid leaf0, struct cpuid leaf1, struct cpuid hv) {
    char vendor[13], hypervisor[13];
    signature(leaf0, 1, vendor);
    signature(hv, 0, hypervisor);
    say("%s: CPU vendor %s, hypervisor %s\n", ring, vendor, leaf1.ecx >> 31 ? hypervisor : "not announced");
}

void guest_main(void) {
    say("Hello from ring 3.\n");
    say("vCPUs: %u\n", (uint64_t)machine.cpu_count);
    say("memory: %u MiB (%u KiB usable)\n", (machine.ram_bytes + MIB / 2) / MIB, machine.ram_bytes / 1024);
    say("command line: %s\n", machine.command_line);
    describe("ring 0", cpuid_ring0(0), cpuid_ring0(1), cpuid_ring0(0x40000000));
    describe("ring 3", cpuid_here(0), cpuid_here(1), cpuid_here(0x40000000));

    ticks_start();
    uint64_t per_tick = cycles_per_tick();
    say("ring 3: %u timer ticks while running, TSC %u MHz\n", ticks, per_tick * TICKS_HZ / 1000000);
    uint64_t before = ticks;
    while (ticks < before + 5) wait_for_interrupt();
    say("ring 0: %u timer ticks while halted\n", ticks - before);
    say("Goodbye.\n");
}
