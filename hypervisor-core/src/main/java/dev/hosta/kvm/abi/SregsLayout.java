package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_sregs}: segment, table and control registers. 312 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0   24 cs                   struct kvm_segment
 *     24   24 ds                   struct kvm_segment
 *     48   24 es                   struct kvm_segment
 *     72   24 fs                   struct kvm_segment
 *     96   24 gs                   struct kvm_segment
 *    120   24 ss                   struct kvm_segment
 *    144   24 tr                   struct kvm_segment
 *    168   24 ldt                  struct kvm_segment
 *    192   16 gdt                  struct kvm_dtable
 *    208   16 idt                  struct kvm_dtable
 *    224    8 cr0
 *    232    8 cr2
 *    240    8 cr3
 *    248    8 cr4
 *    256    8 cr8                  task priority
 *    264    8 efer
 *    272    8 apic_base            IA32_APIC_BASE
 *    280   32 interrupt_bitmap[4]  at most one bit: the vector to inject
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_GET_SREGS, KVM_SET_SREGS in Documentation/virt/kvm/api.rst.
 */
public final class SregsLayout {
    /** Size in bytes. */
    public static final int SIZE = 312;

    public static final int CS = 0;
    public static final int DS = 24;
    public static final int ES = 48;
    public static final int FS = 72;
    public static final int GS = 96;
    public static final int SS = 120;
    public static final int TR = 144;
    public static final int LDT = 168;
    public static final int GDT = 192;
    public static final int IDT = 208;
    public static final int CR0 = 224;
    public static final int CR2 = 232;
    public static final int CR3 = 240;
    public static final int CR4 = 248;
    public static final int CR8 = 256;
    public static final int EFER = 264;
    public static final int APIC_BASE = 272;
    public static final int INTERRUPT_BITMAP = 280;

    private SregsLayout() {}
}
