package dev.hosta.linux;

import jnr.ffi.Pointer;

/**
 * The C library, declared as jnr-ffi wants it; {@link Native} holds the one instance, which is
 * {@link DirectLibC}.
 *
 * <p>Only integers: addresses are {@code long}, so that no marshalling class is loaded. A function
 * with exactly six integer parameters must not be declared: jnr-ffi 2.2.19 hands over garbage as
 * the sixth on x86-64. {@code mmap} takes its address as {@link Pointer} for that reason.
 *
 * <p>Public only because jnr-ffi implements it from a class loader of its own; other packages use
 * the typed classes here.
 *
 * <p>Threading: any thread.
 */
public interface LibC {
    int open(long path, int flags, int mode);

    int close(int fd);

    int ioctl(int fd, long request, long argument);

    long mmap(Pointer address, long sizeBytes, int protection, int flags, int fd, long offsetBytes);

    int munmap(long address, long sizeBytes);

    int madvise(long address, long sizeBytes, int advice);

    long read(int fd, long buffer, long sizeBytes);

    long write(int fd, long buffer, long sizeBytes);

    long pread(int fd, long buffer, long sizeBytes, long offsetBytes);

    long pwrite(int fd, long buffer, long sizeBytes, long offsetBytes);

    int memfd_create(long name, int flags);

    int ftruncate(int fd, long sizeBytes);

    int fallocate(int fd, int mode, long offsetBytes, long sizeBytes);

    int fcntl(int fd, int command, long argument);

    int eventfd(int initial, int flags);

    int poll(long fds, long count, int timeoutMillis);

    int epoll_create1(int flags);

    int epoll_ctl(int epfd, int operation, int fd, long event);

    int epoll_wait(int epfd, long events, int maxEvents, int timeoutMillis);

    int getpid();

    int gettid();

    int tgkill(int tgid, int tid, int signal);

    int pthread_sigmask(int how, long set, long old);

    int sigtimedwait(long set, long info, long timeout);
}
