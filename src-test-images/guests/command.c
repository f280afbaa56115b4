/*
 * command: answers commands of the host's as the agent does (../agent/agent.c, the same ports and frames), without a
 * Linux: `echo TEXT` gives it back, `fail N TEXT` errors and a status, `mode` what the host said to be, `hang` nothing,
 * `nonsense` a frame that is none, `bytes` writes bytes to the console that are no text, `flood` as much there as the
 * host takes, for ever, `end` ends the guest. Anything else has status 127.
 */
#include "runtime/guest.h"

#define PORT_DATA 0x5f0
#define PORT_WAITING 0x5f1
#define COMMAND_MAX 4096

static char command[COMMAND_MAX + 1];

static uint8_t receive(void) {
    while (!in8(PORT_WAITING)) relax();
    return in8(PORT_DATA);
}

static void frame(char kind, const char *payload, uint32_t length) {
    out8(PORT_DATA, kind);
    out8(PORT_DATA, (uint8_t)length);
    out8(PORT_DATA, (uint8_t)(length >> 8));
    for (uint32_t i = 0; i < length; i++) out8(PORT_DATA, payload[i]);
}

static void text(char kind, const char *line) {
    uint32_t length = 0;
    while (line[length]) length++;
    frame(kind, line, length);
    frame(kind, "\n", 1);
}

static void status(uint8_t value) { frame('S', (const char *)&value, 1); }

/* One exit of the CPU for many bytes. */
static void console(const char *bytes, uint64_t count) {
    __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"((uint16_t)PORT_COM1) : "memory");
}

static void flood(void) {
    static char lines[64 * 64];
    for (uint32_t i = 0; i < sizeof lines; i++) lines[i] = i % 64 == 63 ? '\n' : 'f';
    status(0);
    for (;;) console(lines, sizeof lines);
}

/* What stands behind a word and a space; 0 where the text begins otherwise. */
static const char *behind(const char *line, const char *word) {
    while (*word) {
        if (*line++ != *word++) return 0;
    }
    return *line == ' ' ? line + 1 : *line ? 0 : line;
}

void guest_main(void) {
    frame('H', "1", 1);
    char mode[2] = {(char)receive(), 0};
    say("command: ready\n");
    for (;;) {
        uint32_t length = 0;
        for (int i = 0; i < 4; i++) length |= (uint32_t)receive() << 8 * i;
        for (uint32_t i = 0; i < length; i++) {
            char c = (char)receive();
            if (i < COMMAND_MAX) command[i] = c;
        }
        command[length < COMMAND_MAX ? length : COMMAND_MAX] = 0;
        const char *rest;
        if ((rest = behind(command, "echo"))) text('O', rest), status(0);
        else if (same(command, "mode")) text('O', mode), status(0);
        else if ((rest = behind(command, "fail")) && *rest) {
            uint8_t n = 0;
            while (*rest >= '0' && *rest <= '9') n = (uint8_t)(n * 10 + *rest++ - '0');
            text('E', *rest ? rest + 1 : rest), status(n);
        } else if (same(command, "nonsense")) frame('?', "", 0);
        else if (same(command, "bytes")) console("\xff\xc3(\xe2\x82 well\n", 11), status(0);
        else if (same(command, "flood")) flood();
        else if (same(command, "end")) return;
        else if (!same(command, "hang")) status(127);
    }
}
