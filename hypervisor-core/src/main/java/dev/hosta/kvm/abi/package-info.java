/**
 * {@code linux/kvm.h} in Java: request numbers, struct layouts with byte diagrams, constants.
 *
 * <p>No behaviour and nothing of ours imported. {@code AbiGoldenTest} compares it with what a C
 * program prints from the kernel's headers.
 */
package dev.hosta.kvm.abi;
