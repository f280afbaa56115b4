package dev.hosta.kvm;

/**
 * One model-specific register and its value.
 *
 * @param index number of the MSR, unsigned 32 bit
 * @param value all 64 bits
 */
public record KvmMsr(int index, long value) {}
