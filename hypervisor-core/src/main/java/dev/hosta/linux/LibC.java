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
    /** open(2). */
    int open(long path, int flags, int mode);

    /** close(2). */
    int close(int fd);

    /** ioctl(2). */
    int ioctl(int fd, long request, long argument);

    /** mmap(2). */
    long mmap(Pointer address, long sizeBytes, int protection, int flags, int fd, long offsetBytes);

    /** mremap(2). */
    long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress);

    /** munmap(2). */
    int munmap(long address, long sizeBytes);

    /** madvise(2). */
    int madvise(long address, long sizeBytes, int advice);

    /** read(2). */
    long read(int fd, long buffer, long sizeBytes);

    /** write(2). */
    long write(int fd, long buffer, long sizeBytes);

    /** pread(2). */
    long pread(int fd, long buffer, long sizeBytes, long offsetBytes);

    /** pwrite(2). */
    long pwrite(int fd, long buffer, long sizeBytes, long offsetBytes);

    /** preadv(2). */
    long preadv(int fd, long iovecs, int count, long offsetBytes);

    /** pwritev(2). */
    long pwritev(int fd, long iovecs, int count, long offsetBytes);

    /** fdatasync(2). */
    int fdatasync(int fd);

    /** fsync(2). */
    int fsync(int fd);

    /** lseek(2). */
    long lseek(int fd, long offsetBytes, int whence);

    /** renameat2(2). */
    int renameat2(int fromFolderFd, long from, int toFolderFd, long to, int flags);

    /** statx(2). */
    int statx(int folderFd, long path, int flags, int mask, long statx);

    /** memfd_create(2). */
    int memfd_create(long name, int flags);

    /** ftruncate(2). */
    int ftruncate(int fd, long sizeBytes);

    /** fallocate(2). */
    int fallocate(int fd, int mode, long offsetBytes, long sizeBytes);

    /** fcntl(2). */
    int fcntl(int fd, int command, long argument);

    /** eventfd(2). */
    int eventfd(int initial, int flags);

    /** poll(2). */
    int poll(long fds, long count, int timeoutMillis);

    /** epoll_create1(2). */
    int epoll_create1(int flags);

    /** epoll_ctl(2). */
    int epoll_ctl(int epfd, int operation, int fd, long event);

    /** epoll_wait(2). */
    int epoll_wait(int epfd, long events, int maxEvents, int timeoutMillis);

    /** timerfd_create(2). */
    int timerfd_create(int clock, int flags);

    /** timerfd_settime(2). */
    int timerfd_settime(int fd, int flags, long time, long old);

    /**
     * syscall(2), for calls without a C function of their own; the last argument is a pointer for
     * the reason above.
     */
    long syscall(long number, long a, long b, long c, long d, Pointer e);

    /** getpid(2). */
    int getpid();

    /** gettid(2). */
    int gettid();

    /** tgkill(2). */
    int tgkill(int tgid, int tid, int signal);

    /** pthread_sigmask(3). */
    int pthread_sigmask(int how, long set, long old);

    /** sigtimedwait(2). */
    int sigtimedwait(long set, long info, long timeout);
}
