/**
 * Tests that run in the lane (src-test-images/lane): a machine whose /dev/kvm is the stock kvm_amd.
 * By {@code mvn -Plane verify}.
 */
package dev.hosta.lane;
