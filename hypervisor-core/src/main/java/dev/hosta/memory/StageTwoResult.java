package dev.hosta.memory;

/** What stage two answers to an access by gpa. */
public sealed interface StageTwoResult permits HostTranslation, EptViolation {
    /** The gpa that was asked for. */
    long gpa();
}
