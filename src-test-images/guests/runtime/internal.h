/* What the parts of the runtime share with each other and with start.S, not with the guests. */
#ifndef INTERNAL_H
#define INTERNAL_H

#include "guest.h"

extern uint64_t gdt[];
extern uint8_t tss[CPUS_MAX][128];
extern uint8_t tss_bitmap_end; /* the byte that closes the I/O permission bitmap */
#define TSS_BITMAP (CPUS_MAX * 128)
extern const uint8_t ap_trampoline[], ap_trampoline_end[];
extern const uint8_t exception_stubs[], timer_entry[], serial_entry[], call_entry[], spurious_entry[];

void tables_build(void);
void machine_read(void);
_Noreturn void halt_for_good(void *unused, uint64_t *frame);
void exception_report(const uint64_t *frame);
_Noreturn void guest_start(void);
void ap_start(void);

#endif
