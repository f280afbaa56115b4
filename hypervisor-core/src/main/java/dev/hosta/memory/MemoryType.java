package dev.hosta.memory;

/**
 * How the caches treat a leaf: the memory types of the EPT with their encodings (Intel SDM vol. 3C,
 * "EPT and Memory Typing", and vol. 3A, "Methods of Caching Available").
 */
public enum MemoryType {
    /** Uncacheable: device registers. */
    UC(0),
    /** Write combining: frame buffers. */
    WC(1),
    /** Write through. */
    WT(4),
    /** Write protected. */
    WP(5),
    /** Write back: RAM. */
    WB(6);

    private static final MemoryType[] BY_ENCODING = {UC, WC, null, null, WT, WP, WB, null};

    private final int encoding;

    MemoryType(int encoding) {
        this.encoding = encoding;
    }

    /** The value of bits 5:3 of an EPT leaf. */
    public int encoding() {
        return encoding;
    }

    /** The type whose {@link #encoding} this is; only for entries that this package wrote. */
    static MemoryType ofEncoding(int encoding) {
        return BY_ENCODING[encoding];
    }
}
