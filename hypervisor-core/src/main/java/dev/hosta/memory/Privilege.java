package dev.hosta.memory;

/** In whose name an access by gva is made. */
public enum Privilege {
    /** CPL 3. */
    USER,
    /** CPL 0..2 with EFLAGS.AC = 0, or an implicit access: CR4.SMAP keeps it off user pages. */
    SUPERVISOR,
    /** CPL 0..2 with EFLAGS.AC = 1: data accesses reach user pages in spite of CR4.SMAP. */
    SUPERVISOR_AC
}
