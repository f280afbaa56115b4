// The host's side of net.py: Ethernet frames of type 0x88b5 into a network interface, past all queueing.
//   packets flood IF BYTES          sends frames until it is killed
//   packets ask IF BYTES COUNT      sends one, waits for the answer, COUNT times; prints the nanoseconds of each
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TYPE 0x88b5
#define BATCH 64

static void die(const char *what) {
    perror(what);
    exit(1);
}

static long nanos(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int open_interface(const char *name) {
    int s = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
    if (s < 0) die("packets: socket");
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(TYPE), .sll_ifindex = (int)if_nametoindex(name)};
    if (!at.sll_ifindex || bind(s, (struct sockaddr *)&at, sizeof at)) die(name);
    int on = 1;
    setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    struct timeval limit = {.tv_sec = 5};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return s;
}

int main(int n, char **arguments) {
    if (n < 4) {
        fprintf(stderr, "packets flood IF BYTES | ask IF BYTES COUNT\n");
        return 2;
    }
    int s = open_interface(arguments[2]);
    size_t bytes = strtoul(arguments[3], 0, 10);
    uint8_t frame[2048] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 0xff}, answer[2048];
    if (bytes < 60 || bytes > sizeof frame) die("packets: bytes");
    if (!strcmp(arguments[1], "flood")) {
        struct iovec part = {frame, bytes};
        struct mmsghdr batch[BATCH];
        memset(batch, 0, sizeof batch);
        for (int i = 0; i < BATCH; i++) batch[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
        for (;;) sendmmsg(s, batch, BATCH, 0);
    }
    for (int i = 0, count = n > 4 ? atoi(arguments[4]) : 1; i < count; i++) {
        long from = nanos();
        if (send(s, frame, bytes, 0) < 0) die("packets: send");
        if (recv(s, answer, sizeof answer, 0) < 0) die("packets: no answer");
        printf("%ld\n", nanos() - from);
    }
    return 0;
}
