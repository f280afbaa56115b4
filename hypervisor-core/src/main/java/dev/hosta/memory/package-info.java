/**
 * The two-stage memory map.
 *
 * <pre>
 *   gva --StageOneWalker--&gt; gpa --StageTwoMap--&gt; offset in RAM, hva
 *        the guest's tables       our table |
 *                                           +--&gt; memslots (KVM)
 *                                           +--&gt; MappedGuestMemory (devices)
 * </pre>
 *
 * <p>Start at {@link dev.hosta.memory.StageTwoMap}, which says what stands at each guest physical
 * address: an EPT-shaped radix table whose leaves are RAM, ROM or MMIO; KVM's memslots are derived
 * from it. {@link dev.hosta.memory.GuestRam} is the host memory behind it. {@link
 * dev.hosta.memory.MappedGuestMemory} is how devices reach RAM; {@link dev.hosta.memory.DirtyPages}
 * says what was written. Stage one, {@link dev.hosta.memory.StageOneWalker}, reads the guest's own
 * page tables; {@link dev.hosta.memory.AddressTranslator} composes both. {@code docs/memory-map.md}
 * tells the whole story.
 *
 * <p>Must not know vCPUs, devices or machines.
 */
package dev.hosta.memory;
