package dev.hosta.machine;

/**
 * A machine as asked for: everything that the guest can tell, nothing of how it is shown.
 *
 * @param name letters, digits, {@code . _ -}; 1 to 64 of them, the first a letter or digit; names
 *     the runtime folder
 * @param cpus number of vCPUs, 1 to 255 (xAPIC ids; the host may allow fewer)
 * @param memory RAM
 * @param boot image and command line
 */
public record MachineSpec(String name, int cpus, MemorySpec memory, BootSpec boot) {
    /** Most vCPUs that xAPIC ids can name; 255 is the broadcast id. */
    public static final int MAX_CPUS = 255;

    /** Number of vCPUs where none is asked for. */
    public static final int DEFAULT_CPUS = 1;

    private static final int MAX_NAME = 64;

    /** Checks the ranges that need no host. */
    public MachineSpec {
        requireCpus(cpus);
        requireName(name);
    }

    /**
     * Passes a number of vCPUs on.
     *
     * @throws SpecException where it is not 1 to {@link #MAX_CPUS}
     */
    public static int requireCpus(int cpus) {
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new SpecException(
                    "Number of vCPUs must be 1 to " + MAX_CPUS + ": cpus=" + cpus + ".");
        }
        return cpus;
    }

    /**
     * Passes a machine's name on.
     *
     * @throws SpecException where it is none
     */
    public static String requireName(String name) {
        if (!isName(name)) {
            throw new SpecException(
                    "A name is 1 to 64 letters, digits, '.', '_' or '-', the first a letter or"
                            + " digit: name='"
                            + name
                            + "'.");
        }
        return name;
    }

    private static boolean isName(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME || !isAlphanumeric(name.charAt(0))) {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isAlphanumeric(c) && c != '.' && c != '_' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
