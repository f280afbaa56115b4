package dev.hosta.device.virtio;

import static dev.hosta.device.virtio.abi.VirtioStatus.ACKNOWLEDGE;
import static dev.hosta.device.virtio.abi.VirtioStatus.DEVICE_NEEDS_RESET;
import static dev.hosta.device.virtio.abi.VirtioStatus.DRIVER;
import static dev.hosta.device.virtio.abi.VirtioStatus.DRIVER_OK;
import static dev.hosta.device.virtio.abi.VirtioStatus.FAILED;
import static dev.hosta.device.virtio.abi.VirtioStatus.FEATURES_OK;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.device.virtio.abi.VirtioFeatures;

/**
 * Device status and feature negotiation (virtio 1.2 §2.1, §2.2, §3.1), the same for every device
 * and transport.
 *
 * <pre>
 *   0 ──ACKNOWLEDGE──DRIVER──> features are written
 *         FEATURES_OK: kept if the features are a subset of the offered ones with VERSION_1,
 *                      dropped otherwise; once kept the features are fixed
 *         DRIVER_OK:   taken after FEATURES_OK only; the device becomes active
 *   any state ──write of 0──> 0        any state ──device──> DEVICE_NEEDS_RESET is set
 * </pre>
 *
 * <p>A driver sets bits and clears none but by a reset; bits that a write leaves out stay.
 *
 * <p>Threading: any thread; one lock, held for moments only.
 */
public final class Negotiation {
    private static final int DRIVER_BITS = ACKNOWLEDGE | DRIVER | FAILED;
    private static final int ALL_BITS = DRIVER_BITS | FEATURES_OK | DRIVER_OK | DEVICE_NEEDS_RESET;

    /** What a status write asks of the transport. */
    public enum Step {
        /** Nothing. */
        NONE,
        /** The driver is ready: hand the queues to the device. */
        ACTIVATE,
        /** Reset the device, then call {@link Negotiation#reset}. */
        RESET
    }

    private final long offered;
    private long accepted;
    private int status;

    /**
     * A device that waits for its driver.
     *
     * @param offered all features that are offered, VERSION_1 among them
     */
    public Negotiation(long offered) {
        if ((offered & VirtioFeatures.VERSION_1) == 0) {
            throw new IllegalArgumentException(
                    "Features must hold VERSION_1: offered=0x" + Long.toHexString(offered));
        }
        this.offered = offered;
    }

    /**
     * Half of the offered features.
     *
     * @param half 0 for bits 0..31, 1 for bits 32..63; others are 0
     */
    public long offeredHalf(long half) {
        return half == 0 ? offered & 0xffff_ffffL : half == 1 ? offered >>> 32 : 0;
    }

    /**
     * Takes half of the driver's features; ignored once FEATURES_OK is set.
     *
     * @param half 0 or 1; others are ignored
     * @param bits 32 bits
     */
    public synchronized void acceptHalf(long half, long bits) {
        if ((status & FEATURES_OK) != 0) {
            return;
        }
        if (half == 0) {
            accepted = accepted & ~0xffff_ffffL | bits & 0xffff_ffffL;
        } else if (half == 1) {
            accepted = accepted & 0xffff_ffffL | bits << 32;
        }
    }

    /** The driver's features; binding once FEATURES_OK is set. */
    public synchronized long accepted() {
        return accepted;
    }

    /** The device status field. */
    public synchronized int status() {
        return status;
    }

    /** Whether FEATURES_OK is set. */
    public synchronized boolean featuresAreFixed() {
        return (status & FEATURES_OK) != 0;
    }

    /** Whether the device is the driver's to use: DRIVER_OK is set. */
    public synchronized boolean isActive() {
        return (status & DRIVER_OK) != 0;
    }

    /** Whether DEVICE_NEEDS_RESET is set. */
    public synchronized boolean isBroken() {
        return (status & DEVICE_NEEDS_RESET) != 0;
    }

    /** Whether a device with this status has queues to serve: active, and not broken. */
    public static boolean isInUse(int status) {
        return (status & (DRIVER_OK | DEVICE_NEEDS_RESET)) == DRIVER_OK;
    }

    /**
     * Takes a write of the status field.
     *
     * @param value the low 8 bits count
     * @return what is to be done about it
     */
    public synchronized Step writeStatus(long value) {
        int bits = (int) value & 0xff;
        if (bits == 0) {
            return Step.RESET;
        }
        status |= bits & DRIVER_BITS;
        if ((bits & FEATURES_OK) != 0 && featuresFit(accepted)) {
            status |= FEATURES_OK;
        }
        boolean becomesActive = (bits & DRIVER_OK) != 0 && (status & DRIVER_OK) == 0;
        if (becomesActive && (status & FEATURES_OK) != 0) {
            status |= DRIVER_OK;
            return Step.ACTIVATE;
        }
        return Step.NONE;
    }

    private boolean featuresFit(long features) {
        return (features & ~offered) == 0 && (features & VirtioFeatures.VERSION_1) != 0;
    }

    /**
     * Sets DEVICE_NEEDS_RESET (virtio 1.2 §2.1.2).
     *
     * @return whether the driver is to be told by a configuration change interrupt
     */
    public synchronized boolean needsReset() {
        boolean tell = (status & (DRIVER_OK | DEVICE_NEEDS_RESET)) == DRIVER_OK;
        status |= DEVICE_NEEDS_RESET;
        return tell;
    }

    /** As after power-on. */
    public synchronized void reset() {
        status = 0;
        accepted = 0;
    }

    /**
     * Takes over a saved status and the driver's features.
     *
     * @throws InvalidStateException if this device cannot have been there; nothing has changed then
     */
    public synchronized void restore(int savedStatus, long savedFeatures) {
        requirePossible(savedStatus, savedFeatures);
        if ((savedStatus & FEATURES_OK) != 0 && !featuresFit(savedFeatures)) {
            throw new InvalidStateException(
                    "Virtio features must be among those offered: features=0x"
                            + Long.toHexString(savedFeatures)
                            + ", offered=0x"
                            + Long.toHexString(offered));
        }
        status = savedStatus;
        accepted = savedFeatures;
    }

    /**
     * Checks what holds for every device, for the records that carry status and features.
     *
     * @throws InvalidStateException if no device can be there
     */
    public static void requirePossible(int savedStatus, long savedFeatures) {
        boolean fixed = (savedStatus & FEATURES_OK) != 0;
        if ((savedStatus & ~ALL_BITS) != 0 || (savedStatus & DRIVER_OK) != 0 && !fixed) {
            throw new InvalidStateException(
                    "Virtio status is none: status=0x" + Integer.toHexString(savedStatus));
        }
        if (fixed && (savedFeatures & VirtioFeatures.VERSION_1) == 0) {
            throw new InvalidStateException(
                    "Virtio features must hold VERSION_1: features=0x"
                            + Long.toHexString(savedFeatures));
        }
    }
}
