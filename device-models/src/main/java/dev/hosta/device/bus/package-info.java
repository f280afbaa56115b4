/**
 * The two address spaces through which a vCPU reaches devices: port I/O and MMIO.
 *
 * <p>Start at {@link dev.hosta.device.bus.AddressSpace}. Must not know which accelerator brought
 * the access, nor any concrete device.
 */
package dev.hosta.device.bus;
