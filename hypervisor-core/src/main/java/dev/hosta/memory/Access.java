package dev.hosta.memory;

/** What an instruction does at an address. */
public enum Access {
    /** A data read. */
    READ("read"),
    /** A data write. */
    WRITE("wrote"),
    /** An instruction fetch. */
    EXECUTE("executed");

    private final String past;

    Access(String past) {
        this.past = past;
    }

    /** The past tense, for sentences whose subject is the guest: {@code "wrote"}. */
    String past() {
        return past;
    }
}
