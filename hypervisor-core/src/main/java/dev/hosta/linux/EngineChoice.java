package dev.hosta.linux;

/** Who carries out a disk's requests; the names are those of the command line. */
public enum EngineChoice {
    /** What measured best for the cache mode, threads where the host refuses io_uring. */
    AUTO("auto"),

    /** Blocking system calls on threads of the disk's own. */
    THREADS("threads"),

    /** The kernel's own queue, on the device's thread; Linux 5.6 or newer. */
    IO_URING("io_uring");

    private final String text;

    EngineChoice(String text) {
        this.text = text;
    }

    /** The word of the command line and of the JSON file. */
    public String text() {
        return text;
    }
}
