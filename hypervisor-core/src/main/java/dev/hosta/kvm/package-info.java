/**
 * Typed KVM file descriptors without policy: {@code Kvm} (the system), {@code KvmVm}, {@code
 * KvmVcpu}, and the values that their ioctls take and give, as records.
 *
 * <p>Must not know memory maps, machines or boot.
 */
package dev.hosta.kvm;
