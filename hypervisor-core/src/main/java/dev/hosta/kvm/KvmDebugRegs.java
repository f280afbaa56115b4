package dev.hosta.kvm;

/**
 * The debug registers, {@code struct kvm_debugregs}.
 *
 * @param db0 DR0, linear address
 * @param db1 DR1
 * @param db2 DR2
 * @param db3 DR3
 * @param dr6 status
 * @param dr7 control
 */
public record KvmDebugRegs(long db0, long db1, long db2, long db3, long dr6, long dr7) {}
