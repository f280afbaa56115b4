package dev.hosta.linux;

/** How a disk's writes travel through the host; the names are those of the command line. */
public enum CacheMode {
    /** Through the host's page cache, durable once the guest flushes. */
    WRITEBACK("writeback", 0),

    /** Through the host's page cache, each write durable when it completes ({@code O_DSYNC}). */
    WRITETHROUGH("writethrough", FileDescriptor.O_DSYNC),

    /** Past the host's page cache ({@code O_DIRECT}), durable once the guest flushes. */
    NONE("none", FileDescriptor.O_DIRECT);

    private final String text;
    private final int openFlags;

    CacheMode(String text, int openFlags) {
        this.text = text;
        this.openFlags = openFlags;
    }

    /** The word of the command line and of the JSON file. */
    public String text() {
        return text;
    }

    /** What {@code open(2)} is given for it. */
    int openFlags() {
        return openFlags;
    }
}
