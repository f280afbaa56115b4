package dev.hosta.snapshot;

import dev.hosta.machine.DiskSpec;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a disk was when a machine was saved, to tell whether it was written since.
 *
 * <p>Size and time of the last write tell; where the file is on its file system is written down for
 * people only, for a disk may be moved. A block device has no such time: only its size is compared.
 *
 * @param id the disk's id in the machine
 * @param path as the machine had it
 * @param sizeBytes its size
 * @param modifiedNanos last write, nanoseconds since 1970; 0 for a block device
 * @param inode number of the file in its file system
 * @param device number of the file system
 */
record DiskIdentity(
        String id, Path path, long sizeBytes, long modifiedNanos, long inode, long device) {
    private static final int S_IFMT = 0xf000;
    private static final int S_IFBLK = 0x6000;

    /** Of a disk now. */
    static DiskIdentity of(DiskSpec disk, Path path) throws IOException {
        Map<String, Object> status =
                Files.readAttributes(path, "unix:ino,dev,mode,size,lastModifiedTime");
        boolean device = ((int) status.get("mode") & S_IFMT) == S_IFBLK;
        long size = (long) status.get("size");
        if (device) {
            try (FileChannel channel = FileChannel.open(path)) {
                size = channel.size();
            }
        }
        long modified = ((FileTime) status.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS);
        return new DiskIdentity(
                disk.id(),
                path,
                size,
                device ? 0 : modified,
                (long) status.get("ino"),
                (long) status.get("dev"));
    }

    /** What differs from another look at the same disk, in words; empty where nothing does. */
    String changedSince(DiskIdentity saved) {
        if (sizeBytes != saved.sizeBytes) {
            return "its size was " + saved.sizeBytes + " bytes and is " + sizeBytes;
        }
        if (modifiedNanos != saved.modifiedNanos) {
            return "it was written to since";
        }
        return "";
    }
}
