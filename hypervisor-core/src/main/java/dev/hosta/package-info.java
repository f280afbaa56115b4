/**
 * The hypervisor core. Packages import only lower ones: {@code linux < kvm.abi < kvm < memory <
 * {vcpu, boot} < machine}.
 */
package dev.hosta;
