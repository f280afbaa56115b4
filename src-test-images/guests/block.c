/*
 * block MODE [depth=N] [bytes=N] [count=N] [warm=N]: drives virtio-blk (virtio 1.2, virtio-mmio version 2) from
 * ring 3. The devices are those that the command line names: virtio_mmio.device=512@0xd0000000:16.
 *
 *   verify      writes a pattern over the first COUNT requests, flushes, reads it back, compares
 *   randread randwrite seqread seqwrite     WARM requests, then COUNT, DEPTH of them in flight, used ring
 *               polled; `block: go` before the COUNT and `block: done` after, for the host to take the time
 *   interrupts  COUNT rounds of reads of the first and the last disk, alone and together, whose ends it
 *               learns from interrupts only
 */
#include "runtime/virtio.h"

#define FEATURE_FLUSH (1u << 9)

enum { READ = 0, WRITE = 1, FLUSH = 4 };

#define DISKS_MAX 32
#define SLOTS_MAX 40
#define BYTES_MAX MIB
#define RINGS_GPA (16 * MIB) /* 64 KiB a disk */
#define DATA_GPA (32 * MIB)  /* BYTES_MAX a slot */

struct header { uint32_t type, reserved; uint64_t sector; };

struct disk {
    struct virtio device;
    struct virtqueue queue;
    uint64_t sectors;
    int flushes;
    struct header *headers;
    volatile uint8_t *statuses;
    volatile uint16_t finished; /* told by interrupts */
    volatile uint64_t interrupts;
};
static struct disk disks[DISKS_MAX];
static uint32_t disk_count;

static void bring_up(struct disk *d, uint64_t rings, int interrupts) {
    uint32_t features = virtio_negotiate(&d->device, FEATURE_FLUSH);
    d->flushes = (features & FEATURE_FLUSH) != 0; /* not where each write is durable */
    virtio_queue(&d->device, &d->queue, 0, rings, interrupts);
    d->headers = (struct header *)(rings + QUEUE_BYTES);
    d->statuses = (uint8_t *)(rings + QUEUE_BYTES + 0x1000);
    virtio_go(&d->device);
    d->sectors = get(&d->device, REG_CONFIG) | (uint64_t)get(&d->device, REG_CONFIG + 4) << 32;
}

/* A slot is three descriptors, a header, a status byte and a buffer of BYTES_MAX. */
static uint8_t *buffer(uint32_t slot) { return (uint8_t *)(DATA_GPA + slot * BYTES_MAX); }

static void submit(struct disk *d, uint32_t slot, uint32_t type, uint64_t sector, uint32_t bytes) {
    uint16_t head = slot * 3;
    struct descriptor *at = &d->queue.descriptors[head];
    d->headers[slot] = (struct header){type, 0, sector};
    d->statuses[slot] = 0xff;
    at[0] = (struct descriptor){(uint64_t)&d->headers[slot], 16, DESC_NEXT, bytes ? head + 1 : head + 2};
    at[1] = (struct descriptor){(uint64_t)buffer(slot), bytes, DESC_NEXT | (type == READ ? DESC_WRITE : 0), head + 2};
    at[2] = (struct descriptor){(uint64_t)&d->statuses[slot], 1, DESC_WRITE, 0};
    virtio_submit(&d->queue, head);
}

static void kick(struct disk *d) { virtio_kick(&d->queue); }

/* The slot of a request that has ended, or -1. */
static int32_t take(struct disk *d) {
    uint32_t bytes;
    int32_t head = virtio_take(&d->queue, &bytes);
    if (head < 0) return -1;
    uint32_t slot = head / 3;
    if (slot >= SLOTS_MAX || d->statuses[slot] != 0) {
        say("block: slot %u ended with status %u\n", slot, slot < SLOTS_MAX ? d->statuses[slot] : 0ull);
        finish(1);
    }
    return slot;
}

/* Polls. */
static uint32_t await(struct disk *d) {
    for (uint64_t from = rdtsc();;) {
        int32_t slot = take(d);
        if (slot >= 0) {
            virtio_hush(&d->queue);
            return slot;
        }
        relax();
        if (rdtsc() - from > 1ull << 36) give_up("block: no answer");
    }
}

static void one(struct disk *d, uint32_t type, uint64_t sector, uint32_t bytes) {
    submit(d, 0, type, sector, bytes);
    kick(d);
    await(d);
}

static uint64_t mix(uint64_t x) {
    x ^= x >> 12, x ^= x << 25, x ^= x >> 27;
    return x * 0x2545f4914f6cdd1dull;
}

static void verify(struct disk *d, uint64_t count, uint32_t bytes) {
    uint64_t *words = (uint64_t *)buffer(0);
    uint32_t each = bytes / 8;
    for (uint64_t i = 0; i < count; i++) {
        for (uint32_t w = 0; w < each; w++) words[w] = mix(i * each + w + 1);
        one(d, WRITE, i * (bytes / 512), bytes);
    }
    if (d->flushes) one(d, FLUSH, 0, 0);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = count - 1 - i;
        for (uint32_t w = 0; w < each; w++) words[w] = 0;
        one(d, READ, at * (bytes / 512), bytes);
        for (uint32_t w = 0; w < each; w++) {
            if (words[w] != mix(at * each + w + 1)) {
                say("block: byte %u of the disk reads %x, not %x\n", (at * each + w) * 8, words[w], mix(at * each + w + 1));
                finish(1);
            }
        }
    }
    say("block: verified %u requests of %u bytes\n", count, (uint64_t)bytes);
}

static void requests(struct disk *d, uint32_t type, int random, uint32_t depth, uint64_t count, uint32_t bytes) {
    uint64_t places = d->sectors / (bytes / 512);
    static uint64_t state = 88172645463325252ull;
    uint64_t next = 0, ended = 0;
    uint32_t free_slots[SLOTS_MAX], free_count = 0;
    while (free_count < depth) free_slots[free_count] = free_count, free_count++;
    while (ended < count) {
        for (; free_count && next < count; next++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            uint64_t place = (random ? state : next) % places;
            submit(d, free_slots[--free_count], type, place * (bytes / 512), bytes);
        }
        kick(d);
        int32_t slot = await(d);
        do free_slots[free_count++] = slot, ended++;
        while ((slot = take(d)) >= 0);
    }
}

static void drive(struct disk *d, uint32_t type, int random, uint32_t depth, uint64_t warm, uint64_t count, uint32_t bytes) {
    for (uint32_t s = 0; s < depth; s++) /* the first touch of a page is not what is measured */
        for (uint32_t b = 0; b < bytes; b += PAGE) buffer(s)[b] = 1;
    requests(d, type, random, depth, warm, bytes);
    say("block: go\n");
    uint64_t kicks = d->queue.kicks, from = rdtsc();
    requests(d, type, random, depth, count, bytes);
    uint64_t cycles = rdtsc() - from;
    say("block: done\n");
    say("block: requests %u bytes %u depth %u cycles %u kicks %u\n", count, (uint64_t)bytes, (uint64_t)depth, cycles, d->queue.kicks - kicks);
}

static struct disk *listening[2];

/* Interrupts come on the serial line's vector; nothing else is routed to it. */
void serial_interrupt(void) {
    for (uint32_t i = 0; i < 2; i++) {
        struct disk *d = listening[i];
        uint32_t bits = get(&d->device, REG_INTERRUPT_STATUS);
        if (!bits) continue;
        d->interrupts++;
        set(&d->device, REG_INTERRUPT_ACK, bits);
        d->queue.available->used_event = d->queue.used->index;
        full_barrier();
        d->finished = d->queue.used->index;
    }
}

static void interrupts(struct disk *a, struct disk *b, uint64_t count, uint32_t bytes) {
    listening[0] = a;
    listening[1] = b;
    lapic_enable();
    ioapic_route(a->device.gsi, VECTOR_SERIAL);
    ioapic_route(b->device.gsi, VECTOR_SERIAL);
    interrupts_on();
    for (uint64_t i = 0; i < count; i++) {
        uint32_t which = i % 3 + 1; /* the first, the second, both */
        for (uint32_t k = 0; k < 2; k++) {
            if (!(which >> k & 1)) continue;
            submit(listening[k], k, READ, 0, bytes);
            kick(listening[k]);
        }
        for (uint32_t k = 0; k < 2; k++) {
            struct disk *d = listening[k];
            for (uint64_t from = rdtsc(); d->finished != d->queue.submitted;) {
                relax();
                if (rdtsc() - from > 1ull << 35) {
                    say("block: LOST interrupt of disk %u in round %u, used %u of %u\n", (uint64_t)k, i, (uint64_t)d->queue.used->index, (uint64_t)d->queue.submitted);
                    finish(1);
                }
            }
            while (take(d) >= 0) {}
        }
    }
    interrupts_off();
    say("block: interrupts %u and %u on GSI %u and %u\n", a->interrupts, b->interrupts, (uint64_t)a->device.gsi, (uint64_t)b->device.gsi);
}

static void device(char *text) {
    struct virtio found;
    if (!virtio_at(text, 2, &found)) return;
    if (disk_count == DISKS_MAX) give_up("block: too many devices");
    disks[disk_count++].device = found;
}

void guest_main(void) {
    const char *mode = "", *word, *rest;
    uint64_t depth = 1, count = 64, warm = 1, bytes = 4096;
    while (*(word = next_argument())) {
        if ((rest = behind(word, "virtio_mmio.device="))) device((char *)rest);
        else if ((rest = behind(word, "depth="))) depth = number(rest);
        else if ((rest = behind(word, "count="))) count = number(rest);
        else if ((rest = behind(word, "warm="))) warm = number(rest);
        else if ((rest = behind(word, "bytes="))) bytes = number(rest);
        else mode = word;
    }
    if (!disk_count) give_up("block: no virtio-blk device on the command line");
    if (depth < 1 || depth > SLOTS_MAX || count < 1) give_up("block: depth is 1 to 40, count 1 and more");
    if (bytes < 512 || bytes > BYTES_MAX || bytes % 512) give_up("block: bytes is 512 to 1048576");
    if (!is_free_ram(RINGS_GPA, DATA_GPA + SLOTS_MAX * BYTES_MAX - RINGS_GPA)) give_up("block: 72 MiB are needed");
    int by_interrupts = same(mode, "interrupts");
    struct disk *first = &disks[0], *last = &disks[disk_count - 1];
    bring_up(first, RINGS_GPA, by_interrupts);
    if (first->sectors * 512 < bytes) give_up("block: the disk is too small");
    if (by_interrupts) {
        if (first == last) give_up("block: two disks are needed");
        bring_up(last, RINGS_GPA + 0x10000, 1);
        interrupts(first, last, count, bytes);
    } else if (same(mode, "verify")) {
        if (first->sectors * 512 / bytes < count) count = first->sectors * 512 / bytes;
        verify(first, count, bytes);
    } else if (same(mode, "randread") || same(mode, "seqread")) {
        drive(first, READ, mode[0] == 'r', depth, warm, count, bytes);
    } else if (same(mode, "randwrite") || same(mode, "seqwrite")) {
        drive(first, WRITE, mode[0] == 'r', depth, warm, count, bytes);
    } else {
        give_up("block: verify, randread, randwrite, seqread, seqwrite or interrupts");
    }
    set(&first->device, REG_STATUS, 0);
}
