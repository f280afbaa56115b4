package dev.hosta.linux;

/** One system call on a disk's file, which an engine carries out in its own way. */
sealed interface DiskCall {
    /**
     * Reads or writes; may move less than was asked for.
     *
     * @param write whether memory goes to the file
     * @param offset where in the file, in bytes
     * @param at the memory from here on; who asked moves it on
     */
    record Transfer(boolean write, long offset, SegmentCursor at) implements DiskCall {}

    /** {@code fdatasync(2)}. */
    record Sync() implements DiskCall {}

    /**
     * {@code fallocate(2)}.
     *
     * @param mode {@code FALLOC_FL_*}
     * @param offset where in the file, in bytes
     * @param lengthBytes how much of it
     */
    record Allocate(int mode, long offset, long lengthBytes) implements DiskCall {}
}
