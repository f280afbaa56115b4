/**
 * From an image file to a guest ready for its first instruction: kernel images and boot protocols,
 * page tables, ACPI tables, CPUID policy.
 *
 * <p>Start at {@link dev.hosta.boot.KernelImages#open} (what a file is), {@link
 * dev.hosta.boot.BootLoader#load} (into guest memory; answers with the first vCPU's registers),
 * {@link dev.hosta.boot.AcpiTables#write} and {@link dev.hosta.boot.CpuidPolicy#forGuest}. {@link
 * dev.hosta.boot.PhysicalLayout} has every fixed address.
 *
 * <p>Images are untrusted: whatever they hold, only {@link dev.hosta.boot.ImageException} comes
 * out, and nothing outside the guest's RAM is written. Guest memory is reached through {@code
 * GuestMemory} alone. Must not know vCPUs or machines.
 */
package dev.hosta.boot;
