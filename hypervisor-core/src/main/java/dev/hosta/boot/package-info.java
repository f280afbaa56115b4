/**
 * From an image file to a guest ready for its first instruction: kernel images and boot protocols,
 * page tables, ACPI tables, CPUID policy.
 *
 * <p>Images are untrusted. Writes to guest memory through {@code GuestMemory}; must not know vCPUs.
 */
package dev.hosta.boot;
