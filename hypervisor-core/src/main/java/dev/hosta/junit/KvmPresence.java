package dev.hosta.junit;

import dev.hosta.kvm.Kvm;
import dev.hosta.kvm.KvmException;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;

import java.util.Optional;

/** Whether guests can run here at all. */
final class KvmPresence {
    /** Set to 1, makes a host without KVM a failure. */
    private static final String REQUIRED = "HOSTA_REQUIRE_KVM";

    private KvmPresence() {}

    /**
     * Enabled where /dev/kvm opens, else skipped with the reason.
     *
     * @throws AssertionError where it does not and the environment says that it must
     */
    static ConditionEvaluationResult evaluate() {
        Optional<String> problem = problem();
        if (problem.isEmpty()) {
            return ConditionEvaluationResult.enabled("/dev/kvm opens");
        }
        return verdict(problem.get(), "1".equals(System.getenv(REQUIRED)));
    }

    static ConditionEvaluationResult verdict(String problem, boolean required) {
        if (required) {
            throw new AssertionError(REQUIRED + "=1, but: " + problem);
        }
        return ConditionEvaluationResult.disabled(problem);
    }

    private static Optional<String> problem() {
        try {
            Kvm.open().close();
            return Optional.empty();
        } catch (KvmException e) {
            return Optional.of(e.getMessage());
        }
    }
}
