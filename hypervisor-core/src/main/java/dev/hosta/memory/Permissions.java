package dev.hosta.memory;

/**
 * What a leaf of stage two allows.
 *
 * <p>Write without read is refused, as it is a misconfiguration of the EPT (Intel SDM vol. 3C, "EPT
 * Misconfigurations").
 *
 * @param read data reads
 * @param write data writes
 * @param execute instruction fetches
 */
public record Permissions(boolean read, boolean write, boolean execute) {
    /** Nothing at all: {@code ---}. */
    public static final Permissions NONE = new Permissions(false, false, false);

    /** Read only: {@code r--}. */
    public static final Permissions R = new Permissions(true, false, false);

    /** Read and execute, as ROM: {@code r-x}. */
    public static final Permissions RX = new Permissions(true, false, true);

    /** Read and write, as device registers: {@code rw-}. */
    public static final Permissions RW = new Permissions(true, true, false);

    /** All, as RAM: {@code rwx}. */
    public static final Permissions RWX = new Permissions(true, true, true);

    /** Refuses write without read. */
    public Permissions {
        if (write && !read) {
            throw new IllegalArgumentException("Write without read cannot be mapped");
        }
    }

    /** Whether {@code access} is allowed. */
    public boolean allows(Access access) {
        return switch (access) {
            case READ -> read;
            case WRITE -> write;
            case EXECUTE -> execute;
        };
    }

    /** Three characters: {@code rwx}, {@code r-x}, {@code ---}. */
    @Override
    public String toString() {
        return (read ? "r" : "-") + (write ? "w" : "-") + (execute ? "x" : "-");
    }
}
