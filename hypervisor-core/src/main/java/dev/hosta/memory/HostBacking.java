package dev.hosta.memory;

/**
 * A place in host memory: where a guest page, or a run of them, is kept.
 *
 * @param host the mapping
 * @param offset bytes from its start, below its size
 */
public record HostBacking(HostArea host, long offset) {
    /** Checks that the place lies in the mapping. */
    public HostBacking {
        if (offset < 0 || offset >= host.sizeBytes()) {
            throw new IllegalArgumentException(
                    String.format("Offset must lie in %s: offset=0x%x", host, offset));
        }
    }

    /** Host virtual address of the place. */
    public long hva() {
        return host.hva() + offset;
    }

    /** {@code guest RAM + 0x1000}. */
    @Override
    public String toString() {
        return String.format("%s + 0x%x", host.name(), offset);
    }
}
