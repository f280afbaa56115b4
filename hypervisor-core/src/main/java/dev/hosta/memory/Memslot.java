package dev.hosta.memory;

/**
 * One of KVM's memory slots, as the map wants it: a maximal run of RAM or ROM leaves that continue
 * each other by gpa and by host memory, with equal kind and flags.
 *
 * @param slot its number, 0 and up
 * @param kind RAM or ROM
 * @param flags {@link #LOG_DIRTY}, {@link #READONLY} or both or none
 * @param range the gpas that it covers
 * @param backing the host memory behind its first byte
 */
public record Memslot(int slot, LeafKind kind, int flags, GpaRange range, HostBacking backing) {
    /** {@code KVM_MEM_LOG_DIRTY_PAGES}: KVM notes the pages that the guest writes. */
    public static final int LOG_DIRTY = 1;

    /** {@code KVM_MEM_READONLY}: the guest's writes exit as MMIO. */
    public static final int READONLY = 1 << 1;

    /** First gpa, 4 KiB aligned. */
    public long gpa() {
        return range.gpa();
    }

    /** Length in bytes, a multiple of 4 KiB. */
    public long sizeBytes() {
        return range.sizeBytes();
    }

    /** Host virtual address behind {@link #gpa}. */
    public long hva() {
        return backing.hva();
    }

    /** Whether KVM logs writes to it. */
    public boolean logsDirty() {
        return (flags & LOG_DIRTY) != 0;
    }

    /** Whether the guest's writes exit. */
    public boolean readOnly() {
        return (flags & READONLY) != 0;
    }

    /** Whether {@code other} is the same but for the number. */
    boolean sameContent(Memslot other) {
        return flags == other.flags && sameButLogging(other);
    }

    /** Whether {@code other} is the same but for the number and {@link #LOG_DIRTY}. */
    boolean sameButLogging(Memslot other) {
        return kind == other.kind
                && ((flags ^ other.flags) & ~LOG_DIRTY) == 0
                && range.equals(other.range)
                && backing.equals(other.backing);
    }

    /** The same content under another number. */
    Memslot numbered(int slot) {
        return new Memslot(slot, kind, flags, range, backing);
    }

    /** One line: {@code slot 0 RAM [0x0, 0xc0000000) -> guest RAM + 0x0}. */
    @Override
    public String toString() {
        return "slot "
                + slot
                + " "
                + kind
                + " "
                + range
                + (readOnly() ? " readonly" : "")
                + (logsDirty() ? " log-dirty" : "")
                + " -> "
                + backing;
    }
}
