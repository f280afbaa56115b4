package dev.hosta.kvm;

/**
 * KVM's own translation of a guest virtual address.
 *
 * @param valid whether the guest's page tables map it
 * @param gpa the guest physical address where {@code valid}
 */
public record KvmTranslation(boolean valid, long gpa) {}
