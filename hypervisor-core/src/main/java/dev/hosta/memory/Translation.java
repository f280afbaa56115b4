package dev.hosta.memory;

import java.util.List;

/**
 * A linear address whose walk ended in a page that allows the access.
 *
 * @param gva the linear address
 * @param state the registers that the walk went by
 * @param gpa the guest physical address of that very byte
 * @param pageSize size of the page; 4K without paging
 * @param writable every entry on the way has R/W
 * @param user every entry on the way has U/S
 * @param executable no entry on the way has XD
 * @param entries the entries on the way; empty without paging
 */
public record Translation(
        long gva,
        PagingState state,
        long gpa,
        PageSize pageSize,
        boolean writable,
        boolean user,
        boolean executable,
        List<PageTableEntry> entries)
        implements StageOneResult {

    @Override
    public String summary() {
        return String.format(
                "gva 0x%x -> gpa 0x%x, %s page r%s%s %s",
                gva,
                gpa,
                pageSize,
                writable ? "w" : "-",
                executable ? "x" : "-",
                user ? "user" : "supervisor");
    }
}
