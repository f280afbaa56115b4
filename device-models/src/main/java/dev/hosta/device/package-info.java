/**
 * Device models: what a guest sees of its machine, beside CPU and memory.
 *
 * <p>Imports the JDK only. The interfaces of {@code memory}, {@code irq} and {@code backend} say
 * what devices need; the hypervisor core implements them.
 */
package dev.hosta.device;
