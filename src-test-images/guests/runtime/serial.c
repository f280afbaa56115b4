/* Printing on COM1, polled: one look at the line status for up to 16 characters. */
#include <stdarg.h>

#include "internal.h"

static char buffer[256];
static uint32_t used;

static void flush(void) {
    for (uint32_t i = 0; i < used; i++) {
        if (i % 16 == 0)
            while (!(in8(PORT_COM1 + 5) & 0x20)) relax();
        out8(PORT_COM1, buffer[i]);
    }
    used = 0;
}

static void hold(char c) {
    buffer[used++] = c;
    if (used == sizeof buffer) flush();
}

static void hold_text(const char *text) {
    while (*text) hold(*text++);
}

static void hold_number(uint64_t v, uint32_t base) {
    char digits[20];
    uint32_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    while (n) hold(digits[--n]);
}

void put(char c) { hold(c); flush(); }
void print(const char *text) { hold_text(text); flush(); }
void print_u64(uint64_t v) { hold_number(v, 10); flush(); }
void print_hex(uint64_t v) { hold_text("0x"); hold_number(v, 16); flush(); }

void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            hold(*c);
            continue;
        }
        switch (*++c) {
        case 's': hold_text(va_arg(args, const char *)); break;
        case 'u': hold_number(va_arg(args, uint64_t), 10); break;
        case 'x': hold_text("0x"); hold_number(va_arg(args, uint64_t), 16); break;
        }
    }
    va_end(args);
    flush();
}
