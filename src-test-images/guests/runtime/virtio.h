/*
 * A driver's side of virtio (1.2) over virtio-mmio version 2, polled: what the guests that drive devices share.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include "guest.h"

#define REG_MAGIC 0x000
#define REG_VERSION 0x004
#define REG_DEVICE_ID 0x008
#define REG_FEATURES 0x010
#define REG_FEATURES_SEL 0x014
#define REG_DRIVER_FEATURES 0x020
#define REG_DRIVER_FEATURES_SEL 0x024
#define REG_QUEUE_SEL 0x030
#define REG_QUEUE_NUM_MAX 0x034
#define REG_QUEUE_NUM 0x038
#define REG_QUEUE_READY 0x044
#define REG_QUEUE_NOTIFY 0x050
#define REG_INTERRUPT_STATUS 0x060
#define REG_INTERRUPT_ACK 0x064
#define REG_STATUS 0x070
#define REG_DESC 0x080
#define REG_AVAIL 0x090
#define REG_USED 0x0a0
#define REG_CONFIG 0x100

#define FEATURE_EVENT_IDX (1u << 29)
#define FEATURE_VERSION_1 (1u << 0) /* in the upper half */
#define DESC_NEXT 1
#define DESC_WRITE 2
#define NO_INTERRUPT 1

#define QUEUE 128
#define QUEUE_BYTES 0x3000 /* of a queue's rings */

struct descriptor { uint64_t gpa; uint32_t bytes; uint16_t flags, next; };
struct available { volatile uint16_t flags, index; volatile uint16_t ring[QUEUE]; volatile uint16_t used_event; };
struct used { volatile uint16_t flags, index; struct { volatile uint32_t id, bytes; } ring[QUEUE]; volatile uint16_t available_event; };

/* One device, found on the command line. */
struct virtio { uint64_t gpa; uint32_t gsi; int event_idx; };

struct virtqueue {
    struct virtio *device;
    uint32_t number;
    struct descriptor *descriptors;
    struct available *available;
    struct used *used;
    uint16_t submitted, told, seen; /* indices: made available, notified up to, taken back */
    uint64_t kicks;
};

static inline void compiler_barrier(void) { __asm__ volatile("" : : : "memory"); }
static inline void full_barrier(void) { __asm__ volatile("mfence" : : : "memory"); }
static inline uint32_t get(struct virtio *d, uint32_t reg) { return *reg32(d->gpa + reg); }
static inline void set(struct virtio *d, uint32_t reg, uint32_t v) { *reg32(d->gpa + reg) = v; }
static inline void set64(struct virtio *d, uint32_t reg, const volatile void *p) {
    set(d, reg, (uint32_t)(uint64_t)p);
    set(d, reg + 4, (uint64_t)p >> 32);
}

/* What stands behind `prefix`, or 0 where the word begins otherwise. */
static inline const char *behind(const char *word, const char *prefix) {
    while (*prefix) if (*word++ != *prefix++) return 0;
    return word;
}

/* Reads SIZE@0xGPA:GSI, as it stands behind virtio_mmio.device=; whether a device of this id is there. */
static inline int virtio_at(char *text, uint32_t id, struct virtio *d) {
    while (*text && *text != '@') text++;
    char *gpa = *text ? ++text : text;
    while (*text && *text != ':') text++;
    if (!*text) give_up("virtio_mmio.device=SIZE@GPA:GSI");
    *text++ = 0;
    *d = (struct virtio){.gpa = number(gpa), .gsi = number(text)};
    map_window(d->gpa);
    return get(d, REG_MAGIC) == 0x74726976 && get(d, REG_VERSION) == 2 && get(d, REG_DEVICE_ID) == id;
}

/* Up to FEATURES_OK; gives which of the wanted features of the lower half both sides have. */
static inline uint32_t virtio_negotiate(struct virtio *d, uint32_t wanted) {
    set(d, REG_STATUS, 0);
    while (get(d, REG_STATUS)) relax();
    set(d, REG_STATUS, 1 | 2);
    set(d, REG_FEATURES_SEL, 1);
    if (!(get(d, REG_FEATURES) & FEATURE_VERSION_1)) give_up("virtio: no VERSION_1");
    set(d, REG_FEATURES_SEL, 0);
    uint32_t low = get(d, REG_FEATURES) & (wanted | FEATURE_EVENT_IDX);
    d->event_idx = (low & FEATURE_EVENT_IDX) != 0;
    set(d, REG_DRIVER_FEATURES_SEL, 0);
    set(d, REG_DRIVER_FEATURES, low);
    set(d, REG_DRIVER_FEATURES_SEL, 1);
    set(d, REG_DRIVER_FEATURES, FEATURE_VERSION_1);
    set(d, REG_STATUS, 1 | 2 | 8);
    if (!(get(d, REG_STATUS) & 8)) give_up("virtio: features refused");
    return low;
}

/* Makes a queue, its rings in QUEUE_BYTES of zeroed memory at a page. */
static inline void virtio_queue(struct virtio *d, struct virtqueue *q, uint32_t number, uint64_t rings, int interrupts) {
    *q = (struct virtqueue){.device = d, .number = number, .descriptors = (struct descriptor *)rings,
                            .available = (struct available *)(rings + 0x1000), .used = (struct used *)(rings + 0x2000)};
    set(d, REG_QUEUE_SEL, number);
    if (get(d, REG_QUEUE_NUM_MAX) < QUEUE) give_up("virtio: the queue is too small");
    q->available->flags = interrupts ? 0 : NO_INTERRUPT;
    q->available->used_event = interrupts ? 0 : 0xffff;
    set(d, REG_QUEUE_NUM, QUEUE);
    set64(d, REG_DESC, q->descriptors);
    set64(d, REG_AVAIL, q->available);
    set64(d, REG_USED, q->used);
    set(d, REG_QUEUE_READY, 1);
}

/* The queues are ready. */
static inline void virtio_go(struct virtio *d) { set(d, REG_STATUS, 1 | 2 | 8 | 4); }

/* Makes a chain available, untold. */
static inline void virtio_submit(struct virtqueue *q, uint16_t head) { q->available->ring[q->submitted++ % QUEUE] = head; }

/* Tells of all that was submitted, where the device wants to be told. */
static inline void virtio_kick(struct virtqueue *q) {
    uint16_t old = q->told, now = q->submitted;
    if (now == old) return;
    compiler_barrier();
    q->available->index = now;
    q->told = now;
    full_barrier();
    int wanted = q->device->event_idx ? (uint16_t)(now - q->used->available_event - 1) < (uint16_t)(now - old)
                                      : !(q->used->flags & 1);
    if (wanted) {
        q->kicks++;
        set(q->device, REG_QUEUE_NOTIFY, q->number);
    }
}

/* The head of a chain that the device is done with, or -1; `bytes` of it were written. */
static inline int32_t virtio_take(struct virtqueue *q, uint32_t *bytes) {
    if (q->used->index == q->seen) return -1;
    compiler_barrier();
    uint32_t slot = q->seen++ % QUEUE;
    *bytes = q->used->ring[slot].bytes;
    return q->used->ring[slot].id;
}

/* Keeps the used ring's event index half a round away, so that no interrupt is asked for. */
static inline void virtio_hush(struct virtqueue *q) { q->available->used_event = q->seen + 0x8000; }

#endif
