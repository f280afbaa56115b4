package dev.hosta.linux;

/**
 * The data and holes of a file, asked for part by part: remembers how far the run of data reaches
 * that it saw last.
 *
 * <p>The kernel looks for a hole page by page, up to the hole and not only up to where the caller
 * would stop. To ask for each part of a long run anew would cost the square of its length.
 *
 * <p>Threading: one thread. The file is not written meanwhile.
 */
public final class DataRuns {
    private final FileDescriptor file;
    private final long sizeBytes;

    /** Bytes {@code [dataBytes, holeBytes)} are known to be data. */
    private long dataBytes;

    private long holeBytes;

    /**
     * Of a file; the caller keeps owning it.
     *
     * @param sizeBytes the file's size
     */
    public DataRuns(FileDescriptor file, long sizeBytes) {
        this.file = file;
        this.sizeBytes = sizeBytes;
    }

    /** As {@link SparseFile#nextData}. */
    public long nextData(long fromBytes, long endBytes) {
        return isData(fromBytes)
                ? Math.min(fromBytes, endBytes)
                : SparseFile.nextData(file, fromBytes, endBytes);
    }

    /** As {@link SparseFile#nextHole}. */
    public long nextHole(long fromBytes, long endBytes) {
        if (fromBytes >= endBytes) {
            return endBytes;
        }
        if (!isData(fromBytes)) {
            dataBytes = fromBytes;
            holeBytes = SparseFile.nextHole(file, fromBytes, sizeBytes);
        }
        return Math.min(Math.max(holeBytes, fromBytes), endBytes);
    }

    private boolean isData(long atBytes) {
        return dataBytes <= atBytes && atBytes < holeBytes;
    }
}
