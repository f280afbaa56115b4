/**
 * Device state as versioned records.
 *
 * <p>Start at {@link dev.hosta.device.state.Stateful}. A saved state is untrusted input: every
 * record checks itself in its canonical constructor and throws {@link
 * dev.hosta.device.state.InvalidStateException}. Must not know how records are written down.
 */
package dev.hosta.device.state;
