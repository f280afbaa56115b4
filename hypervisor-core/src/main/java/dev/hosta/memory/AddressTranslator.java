package dev.hosta.memory;

/**
 * The two stages composed: gva -> gpa -> host, with the walk of each.
 *
 * <p>Threading: immutable; any thread, beside a running guest.
 */
public final class AddressTranslator {
    private final StageTwoMap map;
    private final StageOneWalker walker;

    /**
     * A translator by {@code map}.
     *
     * @param map stage two; the guest's tables are read through it as well
     */
    public AddressTranslator(StageTwoMap map) {
        this.map = map;
        this.walker = new StageOneWalker(new MappedGuestMemory(map));
    }

    /**
     * Translates one address.
     *
     * @param state the vCPU's registers
     * @param gva linear address
     * @param access what is done there; both stages check it
     * @param privilege in whose name
     * @return where it leads, or the stage and the reason why it does not
     */
    public AddressTranslation translate(
            PagingState state, long gva, Access access, Privilege privilege) {
        return switch (walker.walk(state, gva, access, privilege)) {
            case PageFault fault -> new AddressTranslation.StageOneFault(fault);
            case Translation found ->
                    switch (map.translate(found.gpa(), access)) {
                        case HostTranslation host -> new AddressTranslation.Mapped(found, host);
                        case EptViolation violation ->
                                new AddressTranslation.StageTwoFault(found, violation);
                    };
        };
    }
}
