package dev.hosta.memory;

import java.util.List;

/**
 * A linear address that the guest's page tables do not translate for this access.
 *
 * @param gva the linear address
 * @param state the registers that the walk went by
 * @param access what was asked
 * @param level of the entry that is at fault, 5..1; 0 where it is none of them
 * @param reason what is wrong
 * @param errorCode the error code that the CPU would push: bit 0 present, 1 write, 2 user, 3
 *     reserved bit, 4 fetch (Intel SDM vol. 3A, "Page-Fault Exceptions"); 0 where the reason is no
 *     page fault to the CPU
 * @param tableGpa the gpa that could not be read, of reason {@link Reason#TABLE_NOT_IN_RAM}; else
 *     of the table at fault, or 0
 * @param entries the entries read so far, the one at fault last
 */
public record PageFault(
        long gva,
        PagingState state,
        Access access,
        int level,
        Reason reason,
        int errorCode,
        long tableGpa,
        List<PageTableEntry> entries)
        implements StageOneResult {

    /** What is wrong with an address. */
    public enum Reason {
        /** Bits above the highest translated one do not repeat it; the CPU raises #GP or #SS. */
        NOT_CANONICAL("the address is not canonical"),
        /** An entry lacks P. */
        NOT_PRESENT("the entry is not present"),
        /** An entry has a bit set that is reserved in this mode. */
        RESERVED_BIT("the entry has a reserved bit set"),
        /** A user access to a supervisor page. */
        SUPERVISOR_PAGE("the page belongs to the supervisor"),
        /** A write to a read-only page. */
        READ_ONLY("the page is read-only"),
        /** A fetch from a page with XD. */
        NO_EXECUTE("the page forbids execution"),
        /** A supervisor fetch from a user page under CR4.SMEP. */
        SMEP("SMEP forbids the supervisor to execute a user page"),
        /** A supervisor data access to a user page under CR4.SMAP. */
        SMAP("SMAP forbids the supervisor to touch a user page"),
        /**
         * The next table is not RAM or ROM. To the CPU no page fault but an EPT violation inside
         * the walk.
         */
        TABLE_NOT_IN_RAM("the table is not in RAM");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** Half a sentence: {@code "the entry is not present"}. */
        public String text() {
            return text;
        }
    }

    @Override
    public String summary() {
        String where =
                switch (reason) {
                    case NOT_CANONICAL -> "";
                    case TABLE_NOT_IN_RAM ->
                            String.format(", level %d, table gpa 0x%x", level, tableGpa);
                    case NOT_PRESENT,
                            RESERVED_BIT,
                            SUPERVISOR_PAGE,
                            READ_ONLY,
                            NO_EXECUTE,
                            SMEP,
                            SMAP ->
                            String.format(", level %d, error code 0x%x", level, errorCode);
                };
        return String.format(
                "gva 0x%x: guest %s, but %s%s", gva, access.past(), reason.text(), where);
    }
}
