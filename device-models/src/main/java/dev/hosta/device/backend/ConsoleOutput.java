package dev.hosta.device.backend;

/**
 * Where a console's output goes.
 *
 * <p>Input takes the other direction: whoever reads the host's side hands bytes to the device (see
 * {@code Uart16550.offer}). Threading: called by vCPU threads, possibly several at once; an
 * implementation serialises them. Must not throw: a host that cannot take bytes drops them,
 * counted.
 */
@FunctionalInterface
public interface ConsoleOutput {
    /** Takes one byte that the guest sent, 0..255. */
    void write(int value);
}
