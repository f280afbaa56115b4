package dev.hosta.memory;

/** What a stage-two entry's address bits lead to: a lower table, or the memory behind a leaf. */
sealed interface StageTwoTarget permits StageTwoTable, HostArea {}
