package dev.hosta.kvm;

import dev.hosta.kvm.abi.ClearDirtyLogLayout;
import dev.hosta.kvm.abi.ClockDataLayout;
import dev.hosta.kvm.abi.DirtyLogLayout;
import dev.hosta.kvm.abi.EnableCapLayout;
import dev.hosta.kvm.abi.KvmFlag;
import dev.hosta.kvm.abi.KvmRequest;
import dev.hosta.kvm.abi.UserspaceMemoryRegionLayout;
import dev.hosta.kvm.abi.XsaveLayout;
import dev.hosta.linux.Errno;
import dev.hosta.linux.EventFd;
import dev.hosta.linux.FileDescriptor;
import dev.hosta.linux.MappedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One VM: its memslots, interrupt controllers, clock and vCPUs.
 *
 * <p>Interrupts, chips and the timer are requests of {@link KvmInterrupts}, which this class hands
 * on under the same names.
 *
 * <p>Threading: any thread, except {@link #createVcpu}, which runs on the thread that will run the
 * vCPU. Changes of one slot are the caller's to serialise.
 */
public final class KvmVm implements AutoCloseable {
    private static final int PAGE_SHIFT = 12;

    private final KvmFd vm;
    private final int mmapSizeBytes;
    private final KvmInterrupts interrupts;
    private final Map<Integer, Long> slotPages = new ConcurrentHashMap<>();

    KvmVm(KvmFd vm, int mmapSizeBytes) {
        this.vm = vm;
        this.mmapSizeBytes = mmapSizeBytes;
        this.interrupts = new KvmInterrupts(vm);
    }

    /** The VM's file descriptor; this object keeps owning it. */
    public FileDescriptor fd() {
        return vm.fd();
    }

    /**
     * Asks for a capability of this VM, which may be less than the system's.
     *
     * @return 0 where it is missing, otherwise 1 or what the capability counts
     */
    public int check(KvmCapability capability) {
        return Math.max(0, vm.attempt(KvmRequest.CHECK_EXTENSION, capability.number()));
    }

    /**
     * Turns a capability on, for the whole VM.
     *
     * @param args up to four, their meaning is the capability's
     */
    public void enableCapability(KvmCapability capability, long... args) {
        if (args.length > 4) {
            throw new IllegalArgumentException("A capability takes four arguments at most");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(EnableCapLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, EnableCapLayout.CAP, capability.number());
            for (int i = 0; i < args.length; i++) {
                s.set(ValueLayout.JAVA_LONG, EnableCapLayout.ARGS + 8L * i, args[i]);
            }
            vm.call("enable " + capability.cName(), KvmRequest.ENABLE_CAP, s);
        }
    }

    /**
     * Gives KVM three pages for a TSS that Intel real mode needs. Before the first vCPU.
     *
     * @param gpa page aligned, below 4 GiB, outside all memslots
     */
    public void setTssAddress(long gpa) {
        vm.call("set the TSS address", KvmRequest.SET_TSS_ADDR, gpa);
    }

    /**
     * Gives KVM one page for an identity map that Intel real mode needs. Before the first vCPU.
     *
     * @param gpa page aligned, below 4 GiB, outside all memslots
     */
    public void setIdentityMapAddress(long gpa) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocateFrom(ValueLayout.JAVA_LONG, gpa);
            vm.call("set the identity map address", KvmRequest.SET_IDENTITY_MAP_ADDR, s);
        }
    }

    /**
     * Adds, changes or deletes a memslot.
     *
     * @param slot 0 .. KVM_CAP_NR_MEMSLOTS - 1
     * @param flags {@code KVM_MEM_LOG_DIRTY_PAGES} 1, {@code KVM_MEM_READONLY} 2
     * @param gpa first guest physical address, page aligned
     * @param sizeBytes a multiple of the page size; 0 deletes the slot
     * @param hva host virtual address behind it, page aligned
     * @throws KvmException EEXIST where it overlaps another slot, EINVAL where it changes what
     *     cannot change
     */
    public void setMemoryRegion(int slot, int flags, long gpa, long sizeBytes, long hva) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(UserspaceMemoryRegionLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, UserspaceMemoryRegionLayout.SLOT, slot);
            s.set(ValueLayout.JAVA_INT, UserspaceMemoryRegionLayout.FLAGS, flags);
            s.set(ValueLayout.JAVA_LONG, UserspaceMemoryRegionLayout.GUEST_PHYS_ADDR, gpa);
            s.set(ValueLayout.JAVA_LONG, UserspaceMemoryRegionLayout.MEMORY_SIZE, sizeBytes);
            s.set(ValueLayout.JAVA_LONG, UserspaceMemoryRegionLayout.USERSPACE_ADDR, hva);
            int result = vm.attempt(KvmRequest.SET_USER_MEMORY_REGION, s.address());
            if (result < 0) {
                throw memoryRegionFailure(slot, gpa, sizeBytes, -result);
            }
        }
        if (sizeBytes == 0) {
            slotPages.remove(slot);
        } else {
            slotPages.put(slot, sizeBytes >>> PAGE_SHIFT);
        }
    }

    private static KvmException memoryRegionFailure(int slot, long gpa, long sizeBytes, int errno) {
        String hint =
                switch (errno) {
                    case Errno.EEXIST -> "It overlaps another slot.";
                    case Errno.EINVAL ->
                            "Addresses and size must be page aligned, the slot number below"
                                    + " KVM_CAP_NR_MEMSLOTS, and a slot keeps its size.";
                    case Errno.ENOMEM -> "The host has no memory left for the slot's tables.";
                    default -> "";
                };
        String action =
                "set memslot "
                        + slot
                        + " [0x"
                        + Long.toHexString(gpa)
                        + ", 0x"
                        + Long.toHexString(gpa + sizeBytes)
                        + ")";
        return new KvmException(action, KvmRequest.SET_USER_MEMORY_REGION, errno, hint);
    }

    /** Bytes of the dirty bitmap of a slot: a bit a page, rounded up to 64 pages. */
    public long dirtyBitmapBytes(int slot) {
        Long pages = slotPages.get(slot);
        if (pages == null) {
            throw new IllegalArgumentException("No such memslot: slot=" + slot);
        }
        return (pages + 63) / 64 * 8;
    }

    /**
     * Reads the dirty bitmap of a slot. Without manual protection this also clears it.
     *
     * @param bitmap native memory of at least {@link #dirtyBitmapBytes}; bit 0 is the first page
     */
    public void dirtyLog(int slot, MemorySegment bitmap) {
        requireRoom(bitmap, dirtyBitmapBytes(slot));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(DirtyLogLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, DirtyLogLayout.SLOT, slot);
            s.set(ValueLayout.JAVA_LONG, DirtyLogLayout.DIRTY_BITMAP, bitmap.address());
            vm.call("read the dirty log of slot " + slot, KvmRequest.GET_DIRTY_LOG, s);
        }
    }

    /** Reads the dirty bitmap of a slot; as {@link #dirtyLog(int, MemorySegment)}. */
    public long[] dirtyLog(int slot) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = arena.allocate(dirtyBitmapBytes(slot), 8);
            dirtyLog(slot, bitmap);
            return bitmap.toArray(ValueLayout.JAVA_LONG);
        }
    }

    /**
     * Protects pages again whose bits are set, with {@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2}.
     *
     * @param firstPage within the slot, a multiple of 64
     * @param pageCount a multiple of 64, or up to the slot's end
     * @param bitmap native memory; its bit 0 is {@code firstPage}
     */
    public void clearDirtyLog(int slot, long firstPage, long pageCount, MemorySegment bitmap) {
        requireRoom(bitmap, (pageCount + 63) / 64 * 8);
        if (pageCount >>> 32 != 0) {
            throw new IllegalArgumentException("Too many pages at once: " + pageCount);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ClearDirtyLogLayout.SIZE, 8);
            s.set(ValueLayout.JAVA_INT, ClearDirtyLogLayout.SLOT, slot);
            s.set(ValueLayout.JAVA_INT, ClearDirtyLogLayout.NUM_PAGES, (int) pageCount);
            s.set(ValueLayout.JAVA_LONG, ClearDirtyLogLayout.FIRST_PAGE, firstPage);
            s.set(ValueLayout.JAVA_LONG, ClearDirtyLogLayout.DIRTY_BITMAP, bitmap.address());
            vm.call("clear the dirty log of slot " + slot, KvmRequest.CLEAR_DIRTY_LOG, s);
        }
    }

    private static void requireRoom(MemorySegment bitmap, long bytes) {
        if (!bitmap.isNative() || bitmap.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "The bitmap must be native and of " + bytes + " bytes at least: " + bitmap);
        }
    }

    /** Takes back the dirty ring entries that were marked as harvested; returns how many. */
    public int resetDirtyRings() {
        return vm.call("reset the dirty rings", KvmRequest.RESET_DIRTY_RINGS, 0);
    }

    /** kvmclock now. */
    public KvmClock clock() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ClockDataLayout.SIZE, 8);
            vm.call("read kvmclock", KvmRequest.GET_CLOCK, s);
            return new KvmClock(
                    s.get(ValueLayout.JAVA_LONG, ClockDataLayout.CLOCK),
                    s.get(ValueLayout.JAVA_INT, ClockDataLayout.FLAGS),
                    s.get(ValueLayout.JAVA_LONG, ClockDataLayout.REALTIME),
                    s.get(ValueLayout.JAVA_LONG, ClockDataLayout.HOST_TSC));
        }
    }

    /**
     * Sets kvmclock. With the realtime flag, KVM adds the wall time that passed since the clock was
     * read; other flags are KVM's to report and are dropped here.
     */
    public void setClock(KvmClock clock) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ClockDataLayout.SIZE, 8);
            int flags = clock.flags() & KvmFlag.CLOCK_REALTIME;
            s.set(ValueLayout.JAVA_LONG, ClockDataLayout.CLOCK, clock.nanos());
            s.set(ValueLayout.JAVA_INT, ClockDataLayout.FLAGS, flags);
            s.set(ValueLayout.JAVA_LONG, ClockDataLayout.REALTIME, clock.realtimeNanos());
            vm.call("set kvmclock", KvmRequest.SET_CLOCK, s);
        }
    }

    /** Puts PIC, IOAPIC and local APICs into the kernel. Before the first vCPU. */
    public void createIrqchip() {
        interrupts.createIrqchip();
    }

    /** Puts the timer chip and port 0x61 into the kernel. After {@link #createIrqchip}. */
    public void createPit2() {
        interrupts.createPit2();
    }

    /** Drives one GSI; see {@code InterruptLine}. */
    public void irqLine(int gsi, boolean high) {
        interrupts.irqLine(gsi, high);
    }

    /**
     * Lets an eventfd raise a GSI by edges, or stops that.
     *
     * @param bell what rings
     * @param deassign whether to take it off
     */
    public void irqfd(EventFd bell, int gsi, boolean deassign) {
        interrupts.irqfd(bell, gsi, deassign);
    }

    /**
     * Lets an eventfd hold a GSI high until the guest's EOI, which lowers it and rings {@code
     * resample}.
     */
    public void irqfdLevel(EventFd bell, EventFd resample, int gsi) {
        interrupts.irqfdLevel(bell, resample, gsi);
    }

    /**
     * Lets guest writes ring an eventfd instead of exiting, or stops that.
     *
     * @param bell what is rung
     * @param where which writes
     * @param deassign whether to take it off
     */
    public void ioeventfd(EventFd bell, KvmIoEvent where, boolean deassign) {
        interrupts.ioeventfd(bell, where, deassign);
    }

    /** Replaces the GSI routing table; GSIs that are not in it lead nowhere. */
    public void setGsiRouting(List<KvmIrqRoute> routes) {
        interrupts.setGsiRouting(routes);
    }

    /**
     * Raises one message-signalled interrupt.
     *
     * @return whether a vCPU took it; false where the guest blocks it
     */
    public boolean signalMsi(long address, int data) {
        return interrupts.signalMsi(address, data);
    }

    /**
     * State of one in-kernel chip: 512 bytes.
     *
     * @param chip 0 and 1 the PICs, 2 the IOAPIC
     */
    public byte[] irqchip(int chip) {
        return interrupts.irqchip(chip);
    }

    /** Writes what {@link #irqchip} read. */
    public void setIrqchip(int chip, byte[] state) {
        interrupts.setIrqchip(chip, state);
    }

    /** State of the in-kernel timer chip: {@code struct kvm_pit_state2}, 112 bytes. */
    public byte[] pit() {
        return interrupts.pit();
    }

    /** Writes what {@link #pit} read. */
    public void setPit(byte[] state) {
        interrupts.setPit(state);
    }

    /**
     * Creates a vCPU. Call it on the thread that will run it.
     *
     * @param id 0 .. KVM_CAP_MAX_VCPU_ID - 1; also its local APIC id
     */
    public KvmVcpu createVcpu(int id) {
        int result = vm.attempt(KvmRequest.CREATE_VCPU, id);
        if (result < 0) {
            throw new KvmException(
                    "create vCPU " + id, KvmRequest.CREATE_VCPU, -result, vcpuHint(-result));
        }
        FileDescriptor fd = FileDescriptor.owning(result);
        int xsaveBytes = Math.max(XsaveLayout.SIZE, check(KvmCapability.XSAVE2));
        try {
            MappedMemory run = MappedMemory.shared(fd, 0, mmapSizeBytes, true);
            return new KvmVcpu(id, new KvmFd(fd), run, xsaveBytes);
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private String vcpuHint(int errno) {
        return switch (errno) {
            case Errno.EEXIST -> "The VM has a vCPU of this id already.";
            case Errno.EINVAL ->
                    "This host allows " + check(KvmCapability.MAX_VCPUS) + " vCPUs a VM.";
            case Errno.ENOMEM -> "The host has no memory left for a vCPU.";
            default -> "";
        };
    }

    /** Closes the descriptor; the kernel frees the VM once its vCPUs are closed. Idempotent. */
    @Override
    public void close() {
        vm.close();
    }
}
