package dev.hosta.junit;

/** Whether commands run in a Linux guest, and who else does; see {@link Guest#exec}. */
public enum AgentMode {
    /** None: the guest is booted as it is. */
    NONE,
    /** Hosta's agent is put into the guest's initramfs and is its init: nothing else runs. */
    AS_INIT,
    /** The agent stands beside the guest's own init, and enters its root file system. */
    BESIDE_INIT
}
