package dev.hosta.kvm;

/** How {@link KvmVcpu#run} came back. */
public enum RunResult {
    /** The guest exited; {@link KvmRun#exitReason} says why. */
    EXITED,
    /** EINTR: a kick, a signal, or {@code immediate_exit}. Pending I/O is completed. */
    INTERRUPTED,
    /** EAGAIN: the vCPU waited for its start-up and has it now; run again. */
    AGAIN
}
