package dev.hosta.boot;

/** The processor mode in which a guest gets its first instruction. */
public enum EntryMode {
    /** 16-bit real mode: a flat binary below 1 MiB. */
    REAL_16,
    /** 32-bit protected mode without paging: PVH. */
    PROTECTED_32,
    /** 64-bit long mode with the first 4 GiB mapped one to one: Linux's 64-bit boot protocol. */
    LONG_64
}
