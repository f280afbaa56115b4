/**
 * Virtual CPUs: their threads, their exits, their state.
 *
 * <p>{@code VcpuThread} runs one vCPU; {@code VcpuExit} is all that can stop it; {@code
 * ExitDispatcher} answers an exit. Must not know boards or boot.
 */
package dev.hosta.vcpu;
