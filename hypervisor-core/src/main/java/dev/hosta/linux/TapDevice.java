package dev.hosta.linux;

import dev.hosta.device.backend.NetBackend;
import dev.hosta.device.backend.NetBackend.Offload;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * A tap interface of the kernel's, attached to one descriptor of /dev/net/tun: linux/if_tun.h,
 * Documentation/networking/tuntap.rst.
 *
 * @param name of the interface
 * @param fd owned, non-blocking; each read and write is one frame behind a virtio-net header
 * @param offloads what the kernel can leave to the guest
 */
record TapDevice(String name, FileDescriptor fd, Set<Offload> offloads) implements AutoCloseable {
    /** {@code IFNAMSIZ} less the end. */
    static final int MAX_NAME = 15;

    private static final Path TUN = Path.of("/dev/net/tun");

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;

    private static final int IFF_UP = 0x1;
    private static final int IFF_TAP = 0x2;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;

    private static final int TUN_F_CSUM = 0x01;
    private static final int TUN_F_TSO4 = 0x02;
    private static final int TUN_F_TSO6 = 0x04;
    private static final int TUN_F_TSO_ECN = 0x08;
    private static final int TUN_F_USO = 0x20 | 0x40;

    /** {@code struct ifreq}: name, then a union that begins with 16 bits of flags. */
    private static final int IFREQ_BYTES = 40;

    private static final int IFREQ_FLAGS = 16;

    /**
     * Attaches to an interface that is there, or makes one that lives as long as the descriptor.
     *
     * @throws NetException where neither goes
     */
    static TapDevice open(String name) {
        boolean there = isThere(name);
        FileDescriptor fd = openTun(name);
        try {
            attach(name, fd, there);
            request(fd, TUNSETVNETHDRSZ, NetBackend.HEADER_BYTES);
            if (!there) {
                bringUp(name);
            }
            TapDevice tap = new TapDevice(name, fd, supported(fd));
            tap.leaveToGuest(Set.of());
            return tap;
        } catch (LinuxException | NetException e) {
            fd.close();
            throw e;
        }
    }

    private static NetException refused(String name, String why) {
        return new NetException("Cannot use the tap interface " + name + ": " + why + ".");
    }

    private static FileDescriptor openTun(String name) {
        try {
            return FileDescriptor.open(TUN, FileDescriptor.O_RDWR | FileDescriptor.O_NONBLOCK);
        } catch (LinuxException e) {
            throw switch (e.errno()) {
                case Errno.EACCES, Errno.EPERM ->
                        refused(
                                name,
                                "no right to open "
                                        + TUN
                                        + ". Get it from the host's administrator, or use 'user'");
                case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                        refused(name, "the host has no " + TUN + ". Try 'modprobe tun'");
                default -> refused(name, TUN + ": errno=" + Errno.describe(e.errno()));
            };
        }
    }

    private static void attach(String name, FileDescriptor fd, boolean there) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ifreq = ifreq(arena, name);
            ifreq.set(
                    ValueLayout.JAVA_SHORT,
                    IFREQ_FLAGS,
                    (short) (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
            int result = fd.ioctl(TUNSETIFF, ifreq.address());
            if (result < 0) {
                throw refused(name, whyNotAttached(name, -result, there));
            }
        }
    }

    private static String whyNotAttached(String name, int errno, boolean there) {
        String make = "'ip tuntap add dev " + name + " mode tap user $USER'";
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                    there
                            ? "it is not yours. Let root make it for you ("
                                    + make
                                    + "), or use 'user'"
                            : "there is no such interface, and no right to make it. Let root run "
                                    + make
                                    + ", or use 'user'";
            case Errno.EBUSY -> "it is in use by another program";
            case Errno.EINVAL ->
                    "it is no tap interface, or one with other options such as multi_queue. Make"
                            + " one: "
                            + make;
            default -> "errno=" + Errno.describe(errno);
        };
    }

    private static MemorySegment ifreq(Arena arena, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length == 0 || bytes.length > MAX_NAME) {
            throw refused(name, "a name has 1 to " + MAX_NAME + " characters");
        }
        MemorySegment ifreq = arena.allocate(IFREQ_BYTES, 8);
        MemorySegment.copy(bytes, 0, ifreq, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return ifreq;
    }

    /** Whether the caller's network namespace has an interface of that name, of any kind. */
    private static boolean isThere(String name) {
        try (FileDescriptor socket = anySocket();
                Arena arena = Arena.ofConfined()) {
            return socket.ioctl(SIOCGIFINDEX, ifreq(arena, name).address()) >= 0;
        }
    }

    /** An interface that has just been made is of no use while it is down. */
    private static void bringUp(String name) {
        try (FileDescriptor socket = anySocket();
                Arena arena = Arena.ofConfined()) {
            MemorySegment ifreq = ifreq(arena, name);
            request(socket, SIOCGIFFLAGS, ifreq.address());
            short flags = ifreq.get(ValueLayout.JAVA_SHORT, IFREQ_FLAGS);
            ifreq.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) (flags | IFF_UP));
            request(socket, SIOCSIFFLAGS, ifreq.address());
        }
    }

    /** Interfaces are asked about through a socket, whichever it is. */
    private static FileDescriptor anySocket() {
        int type = SocketCalls.SOCK_DGRAM | SocketCalls.SOCK_CLOEXEC;
        int number = SocketCalls.socket(SocketCalls.AF_UNIX, type, 0);
        return FileDescriptor.owning(Native.checked(number, "create a socket", "socket"));
    }

    /** One ioctl whose argument is an address, or of which the kernel reads a 32-bit number. */
    private static void request(FileDescriptor fd, long request, long argument) {
        int result;
        if (request == TUNSETVNETHDRSZ) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_INT, (int) argument);
                result = fd.ioctl(request, value.address());
            }
        } else {
            result = fd.ioctl(request, argument);
        }
        if (result < 0) {
            String call = "ioctl 0x" + Long.toHexString(request);
            throw new LinuxException("set up a tap interface", call, -result, "");
        }
    }

    /** Kernels from 6.2 on know segmentation of UDP. */
    private static Set<Offload> supported(FileDescriptor fd) {
        Set<Offload> all = EnumSet.allOf(Offload.class);
        if (fd.ioctl(TUNSETOFFLOAD, flags(all)) < 0) {
            all.remove(Offload.USO);
        }
        return Set.copyOf(all);
    }

    private static int flags(Set<Offload> offloads) {
        int flags = 0;
        for (Offload offload : offloads) {
            flags |=
                    switch (offload) {
                        case CHECKSUM -> TUN_F_CSUM;
                        case TSO4 -> TUN_F_TSO4;
                        case TSO6 -> TUN_F_TSO6;
                        case TSO_ECN -> TUN_F_TSO_ECN;
                        case USO -> TUN_F_USO;
                    };
        }
        return flags;
    }

    /** Says what the frames that are read may leave to the guest. */
    void leaveToGuest(Set<Offload> guestTakes) {
        request(fd, TUNSETOFFLOAD, flags(guestTakes));
    }

    /** Lets go of the interface; one that {@link #open} made is gone with it. Idempotent. */
    @Override
    public void close() {
        fd.close();
    }
}
