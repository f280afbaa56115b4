package dev.hosta.kvm;

import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.kvm.abi.MsrListLayout;
import dev.hosta.linux.Errno;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.List;

/**
 * {@code /dev/kvm}: what this host's KVM can do, and new VMs.
 *
 * <p>Threading: any thread.
 */
public final class Kvm implements AutoCloseable {
    private static final String DEVICE = "/dev/kvm";

    private final KvmFd kvm;

    private Kvm(KvmFd kvm) {
        this.kvm = kvm;
    }

    /**
     * Opens {@code /dev/kvm}.
     *
     * @throws KvmException where there is none, where this user may not, or where its API version
     *     is not 12; the hint says what to do
     */
    public static Kvm open() {
        FileDescriptor fd;
        try {
            fd = FileDescriptor.open(DEVICE, FileDescriptor.O_RDWR);
        } catch (LinuxException e) {
            throw new KvmException("open " + DEVICE, "open", e.errno(), openHint(e.errno()));
        }
        Kvm kvm = new Kvm(new KvmFd(fd));
        int version = kvm.apiVersion();
        if (version != KvmFlag.API_VERSION) {
            kvm.close();
            throw new KvmException(
                    "use " + DEVICE,
                    "ioctl " + KvmRequest.GET_API_VERSION.cName(),
                    0,
                    "KVM API version " + version + " was met, 12 is needed; update the kernel.");
        }
        return kvm;
    }

    private static String openHint(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                    "Load the kernel module (modprobe kvm_intel or kvm_amd), turn on VT-x or AMD-V"
                            + " in the firmware, or, inside a VM, turn on nested virtualization.";
            case Errno.EACCES, Errno.EPERM -> accessHint();
            default -> "";
        };
    }

    private static String accessHint() {
        String user = System.getProperty("user.name", "USER");
        try {
            PosixFileAttributes file =
                    Files.readAttributes(Path.of(DEVICE), PosixFileAttributes.class);
            String group = file.group().getName();
            if (!group.equals("root")) {
                return DEVICE
                        + " belongs to group "
                        + group
                        + ": run 'sudo usermod -aG "
                        + group
                        + " "
                        + user
                        + "' and log in again.";
            }
            return DEVICE
                    + " belongs to root alone: run 'sudo setfacl -m u:"
                    + user
                    + ":rw "
                    + DEVICE
                    + "' or 'sudo chmod 666 "
                    + DEVICE
                    + "'.";
        } catch (IOException e) {
            return "Ask for the right to read and write " + DEVICE + ".";
        }
    }

    /** The API version; 12 on every kernel since 2.6.22. */
    public int apiVersion() {
        return kvm.call("read the KVM API version", KvmRequest.GET_API_VERSION, 0);
    }

    /**
     * Asks for a capability of the system.
     *
     * @return 0 where it is missing, otherwise 1 or what the capability counts
     */
    public int check(KvmCapability capability) {
        return Math.max(0, kvm.attempt(KvmRequest.CHECK_EXTENSION, capability.number()));
    }

    /** The CPUID leaves that this KVM can give a guest on this CPU. */
    public List<CpuidEntry> supportedCpuid() {
        return CpuidTable.read(
                kvm, "read the supported CPUID leaves", KvmRequest.GET_SUPPORTED_CPUID);
    }

    /** The MSRs that hold guest state and so belong in a snapshot. */
    public int[] msrIndexList() {
        // The first call tells the number by E2BIG.
        int room = 0;
        while (true) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment list = arena.allocate(MsrListLayout.SIZE + 4L * room, 8);
                list.set(ValueLayout.JAVA_INT, MsrListLayout.NMSRS, room);
                int result = kvm.attempt(KvmRequest.GET_MSR_INDEX_LIST, list.address());
                int count = list.get(ValueLayout.JAVA_INT, MsrListLayout.NMSRS);
                if (result >= 0) {
                    return list.asSlice(MsrListLayout.INDICES, 4L * count)
                            .toArray(ValueLayout.JAVA_INT);
                }
                if (result != -Errno.E2BIG || count <= room) {
                    throw new KvmException(
                            "read the list of MSRs", KvmRequest.GET_MSR_INDEX_LIST, -result, "");
                }
                room = count;
            }
        }
    }

    /** Bytes to map of a vCPU: {@code kvm_run}, the port I/O page, the coalesced MMIO page. */
    public int vcpuMmapSizeBytes() {
        return kvm.call("read the size of kvm_run", KvmRequest.GET_VCPU_MMAP_SIZE, 0);
    }

    /**
     * Creates an empty VM.
     *
     * @throws KvmException where the kernel refuses; the hint says what stands in the way
     */
    public KvmVm createVm() {
        int mmapSizeBytes = vcpuMmapSizeBytes();
        int result;
        do {
            result = kvm.attempt(KvmRequest.CREATE_VM, 0);
        } while (result == -Errno.EINTR);
        if (result < 0) {
            throw new KvmException(
                    "create the VM", KvmRequest.CREATE_VM, -result, createHint(-result));
        }
        return new KvmVm(new KvmFd(FileDescriptor.owning(result)), mmapSizeBytes);
    }

    private static String createHint(int errno) {
        return switch (errno) {
            case Errno.EBUSY -> "Another hypervisor on this host holds VT-x/AMD-V; stop it.";
            case Errno.ENOMEM -> "The host has no memory left for a VM.";
            case Errno.EMFILE -> "Too many open files; raise 'ulimit -n'.";
            default -> "";
        };
    }

    /** Closes the descriptor; VMs made from it live on. Idempotent. */
    @Override
    public void close() {
        kvm.close();
    }
}
