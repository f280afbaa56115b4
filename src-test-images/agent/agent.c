/*
 * The agent that `hosta run --exec` puts into a Linux guest's initramfs: the first process, or a
 * child of it beside the guest's own init, that runs commands for the host. It needs no driver and
 * no file of the guest's but a shell: it talks by two I/O ports, which a root process may use after
 * ioperm, and it uses no library.
 *
 *   port 5f0  out: a byte for the host; in: the next byte for the guest
 *   port 5f1  in: how many bytes wait for the guest, 0 to 255
 *
 *   agent -> host   frames: kind (1 byte), length (2, little-endian), payload
 *                   'H' I am here; 'O', 'E' output and errors of the command; 'S' its status (1 byte)
 *   host -> agent   after 'H' one byte: 'A' be the init, 'B' stand beside it; then commands, each a
 *                   length (4, little-endian) and as many bytes of text for the shell
 */
#include <stddef.h>
#include <stdint.h>

#define PORT_DATA 0x5f0
#define PORT_WAITING 0x5f1
#define COMMAND_MAX 65535
#define CHUNK 4000

enum {
    SYS_read = 0, SYS_poll = 7, SYS_dup2 = 33, SYS_nanosleep = 35, SYS_fork = 57, SYS_execve = 59,
    SYS_exit = 60, SYS_wait4 = 61, SYS_fcntl = 72, SYS_chdir = 80, SYS_fchdir = 81, SYS_mkdir = 83, SYS_rmdir = 84,
    SYS_setsid = 112, SYS_chroot = 161, SYS_mount = 165, SYS_umount2 = 166, SYS_open = 2, SYS_close = 3,
    SYS_ioperm = 173, SYS_pipe2 = 293
};
#define O_DIRECTORY 0200000
#define O_CLOEXEC 02000000
#define O_NONBLOCK 04000
#define MNT_DETACH 2
#define WNOHANG 1
#define POLLIN 1
#define F_SETFL 4

static long call(long n, long a, long b, long c, long d, long e) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}
#define CALL1(n, a) call(n, (long)(a), 0, 0, 0, 0)
#define CALL2(n, a, b) call(n, (long)(a), (long)(b), 0, 0, 0)
#define CALL3(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0)

static inline uint8_t in8(uint16_t port) {
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

/* One exit of the vCPU for many bytes. */
static void send(const void *bytes, size_t count) {
    __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"((uint16_t)PORT_DATA) : "memory");
}

static void frame(uint8_t kind, const void *payload, uint16_t length) {
    uint8_t head[3] = {kind, (uint8_t)length, (uint8_t)(length >> 8)};
    send(head, sizeof head);
    send(payload, length);
}

static void rest(long milliseconds) {
    long time[2] = {0, milliseconds * 1000000};
    CALL2(SYS_nanosleep, time, 0);
}

/* The host's next byte; waits longer the longer nothing comes. */
static uint8_t receive(void) {
    long pause = 1;
    while (!in8(PORT_WAITING)) {
        rest(pause);
        if (pause < 20) pause++;
        while (CALL3(SYS_wait4, -1, 0, WNOHANG) > 0) {} /* who has become a child of the init */
    }
    return in8(PORT_DATA);
}

static char command[COMMAND_MAX + 1];
static char *const environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb", 0};

/* In the command's own process: enters the init's root, if it is another, and becomes the shell. */
static void become_shell(long proc) {
    static const char *const shells[] = {"/bin/sh", "/usr/bin/sh", "/bin/busybox", 0};
    CALL3(SYS_ioperm, PORT_DATA, 2, 0);
    CALL1(SYS_setsid, 0);
    if (proc >= 0 && CALL1(SYS_fchdir, proc) == 0 && CALL1(SYS_chdir, "1/root") == 0) CALL1(SYS_chroot, ".");
    if (CALL1(SYS_chdir, "/root") != 0) CALL1(SYS_chdir, "/");
    for (int i = 0; shells[i]; i++) {
        const char *const arguments[] = {"sh", "-c", command, 0};
        CALL3(SYS_execve, shells[i], arguments, environment);
    }
    CALL1(SYS_exit, 127);
}

/* Passes on what is there to read; whether that was anything. */
static int pass(int from, uint8_t kind) {
    static uint8_t chunk[CHUNK];
    for (int any = 0;; any = 1) {
        long n = CALL3(SYS_read, from, chunk, sizeof chunk);
        if (n <= 0) return any;
        frame(kind, chunk, (uint16_t)n);
    }
}

static void run(long proc) {
    int in[2], out[2], err[2];
    CALL2(SYS_pipe2, in, O_CLOEXEC);
    CALL2(SYS_pipe2, out, O_CLOEXEC);
    CALL2(SYS_pipe2, err, O_CLOEXEC);
    long child = CALL1(SYS_fork, 0);
    if (child == 0) {
        CALL2(SYS_dup2, in[0], 0);
        CALL2(SYS_dup2, out[1], 1);
        CALL2(SYS_dup2, err[1], 2);
        become_shell(proc);
    }
    CALL1(SYS_close, in[0]);
    CALL1(SYS_close, in[1]);
    CALL1(SYS_close, out[1]);
    CALL1(SYS_close, err[1]);
    /* What a process that stays behind holds open is not waited for. */
    CALL3(SYS_fcntl, out[0], F_SETFL, O_NONBLOCK);
    CALL3(SYS_fcntl, err[0], F_SETFL, O_NONBLOCK);
    int status = -1;
    while (status < 0) {
        struct { int fd; short events, came; } polled[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
        CALL3(SYS_poll, polled, 2, 10);
        int how;
        long ended;
        while ((ended = CALL3(SYS_wait4, -1, &how, WNOHANG)) > 0) {
            if (ended == child) status = how & 0x7f ? 128 + (how & 0x7f) : how >> 8 & 0xff;
        }
        int any = pass(out[0], 'O') + pass(err[0], 'E');
        /* An end that is closed has poll come back at once. */
        if (!any && status < 0) rest(2);
    }
    CALL1(SYS_close, out[0]);
    CALL1(SYS_close, err[0]);
    uint8_t byte = (uint8_t)status;
    frame('S', &byte, 1);
}

static _Noreturn void serve(long proc) {
    for (;;) {
        uint32_t length = 0;
        for (int i = 0; i < 4; i++) length |= (uint32_t)receive() << 8 * i;
        for (uint32_t i = 0; i < length; i++) {
            char c = (char)receive();
            if (i < COMMAND_MAX) command[i] = c;
        }
        command[length < COMMAND_MAX ? length : COMMAND_MAX] = 0;
        run(proc);
    }
}

static void file_system(const char *type, const char *at) {
    CALL2(SYS_mkdir, at, 0755);
    call(SYS_mount, (long)type, (long)at, (long)type, 0, 0);
}

/* A look at processes that no path leads to, for whoever stands beside the init. */
static long hidden_proc(void) {
    file_system("proc", "/.hosta");
    long proc = CALL2(SYS_open, "/.hosta", O_DIRECTORY | O_CLOEXEC);
    CALL2(SYS_umount2, "/.hosta", MNT_DETACH);
    CALL1(SYS_rmdir, "/.hosta");
    return proc;
}

_Noreturn void agent_main(long *stack) {
    char *const *arguments = (char *const *)(stack + 1);
    char *const *inherited = arguments + stack[0] + 1;
    if (CALL3(SYS_ioperm, PORT_DATA, 2, 1) == 0) {
        frame('H', "1", 1);
        if (receive() == 'A') {
            file_system("proc", "/proc");
            file_system("sysfs", "/sys");
            file_system("devtmpfs", "/dev");
            serve(-1);
        }
        long proc = hidden_proc();
        if (CALL1(SYS_fork, 0) == 0) serve(proc);
        CALL3(SYS_ioperm, PORT_DATA, 2, 0);
    }
    static const char *const inits[] = {"/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh", 0};
    for (int i = 0; inits[i]; i++) CALL3(SYS_execve, inits[i], arguments, inherited);
    CALL1(SYS_exit, 127);
    for (;;) {}
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call agent_main\n");
