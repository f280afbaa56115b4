package dev.hosta.kvm;

/**
 * One extended control register and its value.
 *
 * @param index 0 is XCR0
 * @param value all 64 bits
 */
public record KvmXcr(int index, long value) {}
