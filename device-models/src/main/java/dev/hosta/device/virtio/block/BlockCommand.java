package dev.hosta.device.virtio.block;

import java.util.List;

/** What a driver asks of the disk, checked; offsets and lengths are bytes and lie in the disk. */
sealed interface BlockCommand {
    /** Read into the chain's writable bytes, all but the status. */
    record Read(long offset, long lengthBytes) implements BlockCommand {}

    /** Write the chain's readable bytes after the header. */
    record Write(long offset, long lengthBytes) implements BlockCommand {}

    /** Make completed writes durable. */
    record Flush() implements BlockCommand {}

    /** Tell the serial number, in at most so many bytes. */
    record Serial(int lengthBytes) implements BlockCommand {}

    /** Give ranges back. */
    record Discard(List<Range> ranges) implements BlockCommand {}

    /** Make ranges read as zeros. */
    record WriteZeroes(List<Range> ranges) implements BlockCommand {}

    /** Nothing: the request ends at once with a status other than OK. */
    record Refused(int status) implements BlockCommand {}

    /** A range of the disk. */
    record Range(long offset, long lengthBytes, boolean mayUnmap) {}
}
