package dev.hosta.linux;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;

import jnr.ffi.Pointer;

import java.util.Arrays;

/**
 * The C library over jffi, the engine below jnr-ffi.
 *
 * <p>jnr-ffi would generate the same calls as bytecode at each start, which costs several times
 * what the rest of the start-up does; a call costs the same either way. Every argument travels as a
 * 64-bit integer, of which the callee reads as much as it declares; a result is cut to its width
 * here.
 *
 * <p>Threading: any thread.
 */
final class DirectLibC implements LibC {
    static final Invoker INVOKER = Invoker.getInstance();
    private static final int MOST_PARAMETERS = 6;

    /** For functions of 0 to 6 integers, by their number; errno is saved. */
    static final CallContext[] CONTEXTS = contexts();

    private final long open = symbol("open");
    private final long close = symbol("close");
    private final long ioctl = symbol("ioctl");
    private final long mmap = symbol("mmap");
    private final long mremap = symbol("mremap");
    private final long munmap = symbol("munmap");
    private final long madvise = symbol("madvise");
    private final long read = symbol("read");
    private final long write = symbol("write");
    private final long pread = symbol("pread");
    private final long pwrite = symbol("pwrite");
    private final long preadv = symbol("preadv");
    private final long pwritev = symbol("pwritev");
    private final long fdatasync = symbol("fdatasync");
    private final long fsync = symbol("fsync");
    private final long lseek = symbol("lseek");
    private final long renameat2 = symbol("renameat2");
    private final long statx = symbol("statx");
    private final long memfd_create = symbol("memfd_create");
    private final long ftruncate = symbol("ftruncate");
    private final long fallocate = symbol("fallocate");
    private final long fcntl = symbol("fcntl");
    private final long eventfd = symbol("eventfd");
    private final long poll = symbol("poll");
    private final long epoll_create1 = symbol("epoll_create1");
    private final long epoll_ctl = symbol("epoll_ctl");
    private final long epoll_wait = symbol("epoll_wait");
    private final long timerfd_create = symbol("timerfd_create");
    private final long timerfd_settime = symbol("timerfd_settime");
    private final long syscall = symbol("syscall");
    private final long getpid = symbol("getpid");
    private final long gettid = symbol("gettid");
    private final long tgkill = symbol("tgkill");
    private final long pthread_sigmask = symbol("pthread_sigmask");
    private final long sigtimedwait = symbol("sigtimedwait");

    private static CallContext[] contexts() {
        CallContext[] contexts = new CallContext[MOST_PARAMETERS + 1];
        for (int count = 0; count <= MOST_PARAMETERS; count++) {
            Type[] parameters = new Type[count];
            Arrays.fill(parameters, Type.SLONG);
            contexts[count] =
                    CallContext.getCallContext(
                            Type.SLONG, parameters, CallingConvention.DEFAULT, true);
        }
        return contexts;
    }

    /** Where a function is; throws where the C library lacks it. */
    static long symbol(String name) {
        long address = Library.getDefault().getSymbolAddress(name);
        if (address == 0) {
            throw new IllegalStateException(
                    "The C library lacks " + name + "; glibc 2.30 or newer is needed");
        }
        return address;
    }

    @Override
    public int open(long path, int flags, int mode) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], open, path, flags, mode);
    }

    @Override
    public int close(int fd) {
        return (int) INVOKER.invokeN1(CONTEXTS[1], close, fd);
    }

    @Override
    public int ioctl(int fd, long request, long argument) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], ioctl, fd, request, argument);
    }

    @Override
    public long mmap(
            Pointer address, long sizeBytes, int protection, int flags, int fd, long offsetBytes) {
        return INVOKER.invokeN6(
                CONTEXTS[6],
                mmap,
                address == null ? 0 : address.address(),
                sizeBytes,
                protection,
                flags,
                fd,
                offsetBytes);
    }

    @Override
    public long mremap(long address, long oldBytes, long newBytes, int flags, long newAddress) {
        return INVOKER.invokeN5(
                CONTEXTS[5], mremap, address, oldBytes, newBytes, flags, newAddress);
    }

    @Override
    public int munmap(long address, long sizeBytes) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], munmap, address, sizeBytes);
    }

    @Override
    public int madvise(long address, long sizeBytes, int advice) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], madvise, address, sizeBytes, advice);
    }

    @Override
    public long read(int fd, long buffer, long sizeBytes) {
        return INVOKER.invokeN3(CONTEXTS[3], read, fd, buffer, sizeBytes);
    }

    @Override
    public long write(int fd, long buffer, long sizeBytes) {
        return INVOKER.invokeN3(CONTEXTS[3], write, fd, buffer, sizeBytes);
    }

    @Override
    public long pread(int fd, long buffer, long sizeBytes, long offsetBytes) {
        return INVOKER.invokeN4(CONTEXTS[4], pread, fd, buffer, sizeBytes, offsetBytes);
    }

    @Override
    public long pwrite(int fd, long buffer, long sizeBytes, long offsetBytes) {
        return INVOKER.invokeN4(CONTEXTS[4], pwrite, fd, buffer, sizeBytes, offsetBytes);
    }

    @Override
    public long preadv(int fd, long iovecs, int count, long offsetBytes) {
        return INVOKER.invokeN4(CONTEXTS[4], preadv, fd, iovecs, count, offsetBytes);
    }

    @Override
    public long pwritev(int fd, long iovecs, int count, long offsetBytes) {
        return INVOKER.invokeN4(CONTEXTS[4], pwritev, fd, iovecs, count, offsetBytes);
    }

    @Override
    public int fdatasync(int fd) {
        return (int) INVOKER.invokeN1(CONTEXTS[1], fdatasync, fd);
    }

    @Override
    public int fsync(int fd) {
        return (int) INVOKER.invokeN1(CONTEXTS[1], fsync, fd);
    }

    @Override
    public long lseek(int fd, long offsetBytes, int whence) {
        return INVOKER.invokeN3(CONTEXTS[3], lseek, fd, offsetBytes, whence);
    }

    @Override
    public int renameat2(int fromFolderFd, long from, int toFolderFd, long to, int flags) {
        return (int)
                INVOKER.invokeN5(CONTEXTS[5], renameat2, fromFolderFd, from, toFolderFd, to, flags);
    }

    @Override
    public int statx(int folderFd, long path, int flags, int mask, long statx) {
        return (int) INVOKER.invokeN5(CONTEXTS[5], this.statx, folderFd, path, flags, mask, statx);
    }

    @Override
    public int memfd_create(long name, int flags) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], memfd_create, name, flags);
    }

    @Override
    public int ftruncate(int fd, long sizeBytes) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], ftruncate, fd, sizeBytes);
    }

    @Override
    public int fallocate(int fd, int mode, long offsetBytes, long sizeBytes) {
        return (int) INVOKER.invokeN4(CONTEXTS[4], fallocate, fd, mode, offsetBytes, sizeBytes);
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], fcntl, fd, command, argument);
    }

    @Override
    public int eventfd(int initial, int flags) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], eventfd, initial, flags);
    }

    @Override
    public int poll(long fds, long count, int timeoutMillis) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], poll, fds, count, timeoutMillis);
    }

    @Override
    public int epoll_create1(int flags) {
        return (int) INVOKER.invokeN1(CONTEXTS[1], epoll_create1, flags);
    }

    @Override
    public int epoll_ctl(int epfd, int operation, int fd, long event) {
        return (int) INVOKER.invokeN4(CONTEXTS[4], epoll_ctl, epfd, operation, fd, event);
    }

    @Override
    public int epoll_wait(int epfd, long events, int maxEvents, int timeoutMillis) {
        return (int)
                INVOKER.invokeN4(CONTEXTS[4], epoll_wait, epfd, events, maxEvents, timeoutMillis);
    }

    @Override
    public int timerfd_create(int clock, int flags) {
        return (int) INVOKER.invokeN2(CONTEXTS[2], timerfd_create, clock, flags);
    }

    @Override
    public int timerfd_settime(int fd, int flags, long time, long old) {
        return (int) INVOKER.invokeN4(CONTEXTS[4], timerfd_settime, fd, flags, time, old);
    }

    @Override
    public long syscall(long number, long a, long b, long c, long d, Pointer e) {
        return INVOKER.invokeN6(
                CONTEXTS[6], syscall, number, a, b, c, d, e == null ? 0 : e.address());
    }

    @Override
    public int getpid() {
        return (int) INVOKER.invokeN0(CONTEXTS[0], getpid);
    }

    @Override
    public int gettid() {
        return (int) INVOKER.invokeN0(CONTEXTS[0], gettid);
    }

    @Override
    public int tgkill(int tgid, int tid, int signal) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], tgkill, tgid, tid, signal);
    }

    @Override
    public int pthread_sigmask(int how, long set, long old) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], pthread_sigmask, how, set, old);
    }

    @Override
    public int sigtimedwait(long set, long info, long timeout) {
        return (int) INVOKER.invokeN3(CONTEXTS[3], sigtimedwait, set, info, timeout);
    }
}
