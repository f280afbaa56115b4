/**
 * Guest memory as devices see it.
 *
 * <p>Start at {@link dev.hosta.device.memory.GuestMemory}: checked, little-endian access by guest
 * physical address, with the few ordered operations that virtqueues need. The guest chooses every
 * address and length that arrives here. Must not know how memory is mapped, nor KVM.
 */
package dev.hosta.device.memory;
