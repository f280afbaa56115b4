package dev.hosta.kvm.abi;

/**
 * {@code struct kvm_translation}: one guest virtual address translated. 24 bytes.
 *
 * <pre>{@code
 * offset size field
 *      0    8 linear_address    in: gva
 *      8    8 physical_address  out: gpa, or all-ones
 *     16    1 valid             out: 1 where mapped
 *     17    1 writeable         out: always 1
 *     18    1 usermode          out: always 0
 *     19    5 pad[5]
 * }</pre>
 *
 * Source: linux/kvm.h, asm/kvm.h; KVM_TRANSLATE in Documentation/virt/kvm/api.rst.
 */
public final class TranslationLayout {
    /** Size in bytes. */
    public static final int SIZE = 24;

    public static final int LINEAR_ADDRESS = 0;
    public static final int PHYSICAL_ADDRESS = 8;
    public static final int VALID = 16;
    public static final int WRITEABLE = 17;
    public static final int USERMODE = 18;

    private TranslationLayout() {}
}
