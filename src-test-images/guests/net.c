/*
 * net MODE [bytes=N] [count=N] [warm=N]: drives virtio-net (virtio 1.2, virtio-mmio version 2) from ring 3, polled.
 * The device is the first one that the command line names: virtio_mmio.device=512@0xd0000000:16. Frames are of
 * Ethernet type 0x88b5 (IEEE's for experiments); others are not counted.
 *
 *   send        WARM frames of BYTES, then COUNT, as fast as the device takes them
 *   receive     waits for WARM frames, then for COUNT
 *   echo        sends back each frame that comes, COUNT of them
 *
 * `net: go` before the COUNT and `net: done` after, for the host to take the time.
 */
#include "runtime/virtio.h"

#define NET 1
#define FEATURE_MAC (1u << 5)
#define HEADER 12 /* struct virtio_net_hdr, all 0 */
#define BUFFER 2048
#define FRAME_MIN 60
#define FRAME_MAX 1514
#define RINGS_GPA (16 * MIB)
#define RECEIVE_GPA (32 * MIB) /* QUEUE buffers */
#define SEND_GPA (33 * MIB)

static struct virtio device;
static struct virtqueue receiving, sending;

static uint8_t *receive_buffer(uint32_t slot) { return (uint8_t *)(RECEIVE_GPA + slot * BUFFER); }
static uint8_t *send_buffer(uint32_t slot) { return (uint8_t *)(SEND_GPA + slot * BUFFER); }
static int counts(const uint8_t *frame) { return frame[12] == 0x88 && frame[13] == 0xb5; }

static void bring_up(void) {
    virtio_negotiate(&device, FEATURE_MAC);
    virtio_queue(&device, &receiving, 0, RINGS_GPA, 0);
    virtio_queue(&device, &sending, 1, RINGS_GPA + QUEUE_BYTES, 0);
    virtio_go(&device);
    for (uint16_t slot = 0; slot < QUEUE; slot++) {
        receiving.descriptors[slot] = (struct descriptor){(uint64_t)receive_buffer(slot), BUFFER, DESC_WRITE, 0};
        virtio_submit(&receiving, slot);
        uint8_t *frame = send_buffer(slot) + HEADER;
        for (uint32_t i = 0; i < BUFFER - HEADER; i++) frame[i] = i;
        for (uint32_t i = 0; i < 6; i++) {
            frame[i] = 0xff;
            frame[6 + i] = (get(&device, REG_CONFIG + (i & 4)) >> (i & 3) * 8);
        }
        frame[12] = 0x88, frame[13] = 0xb5;
    }
    virtio_kick(&receiving);
}

static void patience(uint64_t from) {
    relax();
    if (rdtsc() - from > 1ull << 36) give_up("net: no answer");
}

static void send(uint64_t count, uint32_t bytes) {
    uint64_t sent = 0, ended = 0;
    static uint16_t free_slots[QUEUE];
    uint32_t free_count = QUEUE, written;
    for (uint16_t slot = 0; slot < QUEUE; slot++) {
        free_slots[slot] = slot;
        sending.descriptors[slot] = (struct descriptor){(uint64_t)send_buffer(slot), HEADER + bytes, 0, 0};
    }
    for (uint64_t from = rdtsc(); ended < count;) {
        for (; free_count && sent < count; sent++) virtio_submit(&sending, free_slots[--free_count]);
        virtio_kick(&sending);
        int32_t slot = virtio_take(&sending, &written);
        if (slot < 0) {
            patience(from);
            continue;
        }
        do free_slots[free_count++] = slot, ended++;
        while ((slot = virtio_take(&sending, &written)) >= 0);
        virtio_hush(&sending);
        from = rdtsc();
    }
}

/* Gives how many bytes the frames had. */
static uint64_t receive(uint64_t count) {
    uint64_t bytes = 0;
    for (uint64_t came = 0, from = rdtsc(); came < count;) {
        uint32_t written;
        int32_t slot = virtio_take(&receiving, &written);
        if (slot < 0) {
            virtio_hush(&receiving);
            virtio_kick(&receiving);
            patience(from);
            continue;
        }
        if (counts(receive_buffer(slot) + HEADER)) came++, bytes += written - HEADER, from = rdtsc();
        virtio_submit(&receiving, slot);
        if ((uint16_t)(receiving.submitted - receiving.told) >= QUEUE / 4) virtio_kick(&receiving);
    }
    return bytes;
}

static void echo(uint64_t count) {
    for (uint64_t answered = 0, from = rdtsc(); answered < count;) {
        uint32_t written, ignored;
        int32_t slot = virtio_take(&receiving, &written);
        if (slot < 0) {
            virtio_hush(&receiving);
            patience(from);
            continue;
        }
        uint8_t *from_host = receive_buffer(slot) + HEADER, *to_host = send_buffer(0) + HEADER;
        if (counts(from_host)) {
            for (uint32_t i = 14; i < written - HEADER; i++) to_host[i] = from_host[i];
            sending.descriptors[0] = (struct descriptor){(uint64_t)send_buffer(0), written, 0, 0};
            virtio_submit(&sending, 0);
            virtio_kick(&sending);
            for (from = rdtsc(); virtio_take(&sending, &ignored) < 0;) patience(from);
            virtio_hush(&sending);
            answered++;
        }
        virtio_submit(&receiving, slot);
        virtio_kick(&receiving);
    }
}

void guest_main(void) {
    const char *mode = "", *word, *rest;
    uint64_t bytes = FRAME_MIN, count = 64, warm = 0;
    while (*(word = next_argument())) {
        if ((rest = behind(word, "virtio_mmio.device="))) {
            struct virtio found;
            if (virtio_at((char *)rest, NET, &found) && !device.gpa) device = found;
        } else if ((rest = behind(word, "count="))) count = number(rest);
        else if ((rest = behind(word, "warm="))) warm = number(rest);
        else if ((rest = behind(word, "bytes="))) bytes = number(rest);
        else mode = word;
    }
    if (!device.gpa) give_up("net: no virtio-net device on the command line");
    if (bytes < FRAME_MIN || bytes > FRAME_MAX || count < 1) give_up("net: bytes is 60 to 1514, count 1 and more");
    if (!is_free_ram(RINGS_GPA, SEND_GPA + QUEUE * BUFFER - RINGS_GPA)) give_up("net: 34 MiB are needed");
    bring_up();
    uint64_t from, cycles, all = count * bytes;
    if (same(mode, "send")) {
        send(warm, bytes);
        say("net: go\n");
        from = rdtsc();
        send(count, bytes);
        cycles = rdtsc() - from;
    } else if (same(mode, "receive")) {
        say("net: ready\n");
        receive(warm);
        say("net: go\n");
        from = rdtsc();
        all = receive(count);
        cycles = rdtsc() - from;
    } else if (same(mode, "echo")) {
        say("net: go\n");
        from = rdtsc();
        echo(count);
        cycles = rdtsc() - from;
    } else {
        give_up("net: send, receive or echo");
    }
    say("net: done\n");
    say("net: frames %u bytes %u cycles %u kicks %u\n", count, all, cycles, sending.kicks + receiving.kicks);
    /* No reset here: it would drop what the device has taken and not yet sent. */
}
