package dev.hosta.memory;

/** The sizes of leaves in stage two, and of pages in stage one. */
public enum PageSize {
    /** 4 KiB: the leaf of the last level. */
    SIZE_4K(12, "4K"),
    /** 2 MiB: a large leaf of the page directory. */
    SIZE_2M(21, "2M"),
    /** 4 MiB: a large page of 32-bit paging (CR4.PSE); stage one only. */
    SIZE_4M(22, "4M"),
    /** 1 GiB: a large leaf of the page directory pointer table. */
    SIZE_1G(30, "1G");

    private final int shift;
    private final String text;

    PageSize(int shift, String text) {
        this.shift = shift;
        this.text = text;
    }

    /** Size in bytes, a power of two. */
    public long bytes() {
        return 1L << shift;
    }

    /** Mask of the offset inside a page: {@code bytes() - 1}. */
    public long offsetMask() {
        return bytes() - 1;
    }

    /** {@code 4K}, {@code 2M}, {@code 4M} or {@code 1G}. */
    @Override
    public String toString() {
        return text;
    }
}
