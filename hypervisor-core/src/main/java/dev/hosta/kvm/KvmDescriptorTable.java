package dev.hosta.kvm;

/**
 * GDTR or IDTR, {@code struct kvm_dtable}.
 *
 * @param base linear address of the table
 * @param limit its length in bytes - 1, 0..65535
 */
public record KvmDescriptorTable(long base, int limit) {}
