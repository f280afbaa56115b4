package dev.hosta.linux;

import static dev.hosta.linux.DirectLibC.CONTEXTS;
import static dev.hosta.linux.DirectLibC.INVOKER;
import static dev.hosta.linux.DirectLibC.symbol;

/**
 * The C library's functions on sockets and network devices. Apart from {@link DirectLibC}, so that
 * a guest without a network never looks them up.
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

    private static final long SOCKET = symbol("socket");
    private static final long SOCKETPAIR = symbol("socketpair");
    private static final long BIND = symbol("bind");
    private static final long LISTEN = symbol("listen");
    private static final long ACCEPT4 = symbol("accept4");
    private static final long CONNECT = symbol("connect");
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
