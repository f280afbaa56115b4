package dev.hosta.memory;

import java.util.List;

/** What the guest's own page tables answer to an access by gva. */
public sealed interface StageOneResult permits Translation, PageFault {
    /** The linear address that was asked for. */
    long gva();

    /** The registers that the walk went by. */
    PagingState state();

    /** The entries that were read, from the first table on; at most five. */
    List<PageTableEntry> entries();

    /** One line that says where the address leads, or why it does not. */
    String summary();

    /** The walk for people: the summary, the registers, a line an entry. */
    default String toText() {
        StringBuilder text = new StringBuilder(summary()).append("\n  ").append(state().toText());
        for (PageTableEntry entry : entries()) {
            text.append("\n  ").append(entry);
        }
        return text.toString();
    }
}
