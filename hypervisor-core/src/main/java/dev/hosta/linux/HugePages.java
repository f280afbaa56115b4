package dev.hosta.linux;

/** Size of the host pages behind a mapping. */
public enum HugePages {
    /** Ordinary pages of 4 KiB (transparent huge pages may still serve them). */
    NONE(0),
    /** hugetlbfs pages of 2 MiB. */
    SIZE_2M(21),
    /** hugetlbfs pages of 1 GiB. */
    SIZE_1G(30);

    private final int log2;

    HugePages(int log2) {
        this.log2 = log2;
    }

    /** Page size in bytes; 0 for ordinary pages. */
    public long sizeBytes() {
        return this == NONE ? 0 : 1L << log2;
    }

    /** Base-two logarithm of the page size, as memfd_create's flags carry it; 0 for ordinary. */
    public int log2() {
        return log2;
    }
}
