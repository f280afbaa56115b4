package dev.hosta.memory;

/** What both stages together answer to an access by gva. */
public sealed interface AddressTranslation {
    /** The walk of the guest's own tables. */
    StageOneResult stageOne();

    /** Both walks for people. */
    String toText();

    /**
     * The address leads to host memory.
     *
     * @param stageOne gva -> gpa
     * @param stageTwo gpa -> host
     */
    record Mapped(Translation stageOne, HostTranslation stageTwo) implements AddressTranslation {
        @Override
        public String toText() {
            return stageOne.toText() + "\n" + stageTwo.toText();
        }
    }

    /**
     * The guest's own tables refuse.
     *
     * @param stageOne why
     */
    record StageOneFault(PageFault stageOne) implements AddressTranslation {
        @Override
        public String toText() {
            return stageOne.toText();
        }
    }

    /**
     * The guest's tables lead to a gpa that is no memory, or none that allows the access.
     *
     * @param stageOne gva -> gpa
     * @param stageTwo why not further
     */
    record StageTwoFault(Translation stageOne, EptViolation stageTwo)
            implements AddressTranslation {
        @Override
        public String toText() {
            return stageOne.toText() + "\n" + stageTwo.toText();
        }
    }
}
