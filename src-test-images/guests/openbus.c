/* openbus: reads and writes where nothing is; all reads must give all ones. */
#include "runtime/guest.h"

static int wrong;

static void expect(const char *what, uint64_t at, uint64_t got, uint64_t want) {
    say("%s %x: %x\n", what, at, got);
    if (got != want) wrong = 1;
}

void guest_main(void) {
    static const uint16_t ports[] = {0x0e9, 0x2f8, 0x510, 0x5ff0, 0xfff8};
    for (uint32_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        out32(ports[i], 0);
        expect("port, 1 byte ", ports[i], in8(ports[i]), 0xff);
        expect("port, 2 bytes", ports[i], in16(ports[i]), 0xffff);
        expect("port, 4 bytes", ports[i], in32(ports[i]), 0xffffffff);
    }
    out32(0xcf8, 0x80000000); /* PCI 0:0.0, vendor and device */
    expect("PCI configuration", 0xcfc, in32(0xcfc), 0xffffffff);
    for (uint64_t gpa = NOTHING_GPA; gpa < NOTHING_GPA + 16; gpa += 9) { /* one of them misaligned */
        *(volatile uint32_t *)gpa = 0;
        expect("memory, 1 byte ", gpa, *(volatile uint8_t *)gpa, 0xff);
        expect("memory, 4 bytes", gpa, *(volatile uint32_t *)gpa, 0xffffffff);
        expect("memory, 8 bytes", gpa, *(volatile uint64_t *)gpa, ~0ull);
    }
    say(wrong ? "openbus: not all ones\n" : "openbus: all ones\n");
    finish(wrong);
}
