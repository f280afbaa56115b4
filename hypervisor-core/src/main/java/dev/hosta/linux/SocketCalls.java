package dev.hosta.linux;

import static dev.hosta.linux.DirectLibC.CONTEXTS;
import static dev.hosta.linux.DirectLibC.INVOKER;
import static dev.hosta.linux.DirectLibC.symbol;

/**
 * The C library's functions on sockets and network devices. Apart from {@link DirectLibC}, so that
 * a guest's start never looks them up, unless it has a network or a console on a socket.
 *
 * <p>Threading: any thread; errno is {@link Native#errno}.
 */
final class SocketCalls {
    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int SHUT_WR = 1;
    static final int SHUT_RDWR = 2;

    private static final long SOCKET = symbol("socket");
    private static final long SOCKETPAIR = symbol("socketpair");
    private static final long BIND = symbol("bind");
    private static final long LISTEN = symbol("listen");
    private static final long ACCEPT4 = symbol("accept4");
    private static final long CONNECT = symbol("connect");
    private static final long SHUTDOWN = symbol("shutdown");
    private static final long GETSOCKOPT = symbol("getsockopt");
    private static final long SETSOCKOPT = symbol("setsockopt");
    private static final long FCHMOD = symbol("fchmod");
    private static final long GETEUID = symbol("geteuid");
    private static final long SEND = symbol("send");
    private static final long READV = symbol("readv");
    private static final long WRITEV = symbol("writev");

    private SocketCalls() {}

    /** socket(2). */
    static int socket(int domain, int type, int protocol) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], SOCKET, domain, type, protocol);
    }

    /** socketpair(2); {@code pair} takes two 32-bit numbers. */
    static int socketpair(int domain, int type, int protocol, long pair) {
        return (int) INVOKER.invokeN4(CONTEXTS[4], SOCKETPAIR, domain, type, protocol, pair);
    }

    /** bind(2). */
    static int bind(int fd, long address, int sizeBytes) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], BIND, fd, address, sizeBytes);
    }

    /** listen(2). */
    static int listen(int fd, int backlog) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], LISTEN, fd, backlog);
    }

    /** accept4(2) that does not ask who it is. */
    static int accept4(int fd, int flags) {
        return (int) INVOKER.invokeN4(CONTEXTS[4], ACCEPT4, fd, 0, 0, flags);
    }

    /** connect(2). */
    static int connect(int fd, long address, int sizeBytes) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], CONNECT, fd, address, sizeBytes);
    }

    /** shutdown(2). */
    static int shutdown(int fd, int how) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], SHUTDOWN, fd, how);
    }

    /** getsockopt(2). */
    static int getsockopt(int fd, int level, int option, long value, long sizeBytes) {
        return (int) INVOKER.invokeN5(CONTEXTS[5], GETSOCKOPT, fd, level, option, value, sizeBytes);
    }

    /** setsockopt(2). */
    static int setsockopt(int fd, int level, int option, long value, int sizeBytes) {
        return (int) INVOKER.invokeN5(CONTEXTS[5], SETSOCKOPT, fd, level, option, value, sizeBytes);
    }

    /** fchmod(2); of a socket, the mode that its file gets when it is bound. */
    static int fchmod(int fd, int mode) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], FCHMOD, fd, mode);
    }

    /** geteuid(2): whose process this is. */
    static int geteuid() {
        return (int) INVOKER.invokeN0(CONTEXTS[0], GETEUID);
    }

    /** send(2). */
    static long send(int fd, long buffer, long sizeBytes, int flags) {
        return INVOKER.invokeN4(CONTEXTS[4], SEND, fd, buffer, sizeBytes, flags);
    }

    /** readv(2). */
    static long readv(int fd, long vectors, int count) {
        return INVOKER.invokeN3(CONTEXTS[3], READV, fd, vectors, count);
    }

    /** writev(2). */
    static long writev(int fd, long vectors, int count) {
        return INVOKER.invokeN3(CONTEXTS[3], WRITEV, fd, vectors, count);
    }
}
