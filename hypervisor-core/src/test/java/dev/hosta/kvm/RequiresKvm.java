package dev.hosta.kvm;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a test, or all tests of a class, that needs /dev/kvm: tagged {@code kvm}, skipped with a
 * printed line where it cannot be opened, failed there if the environment says {@code
 * HOSTA_REQUIRE_KVM=1}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("kvm")
@ExtendWith(RequiresKvm.Condition.class)
public @interface RequiresKvm {
    /** The decision, made once. */
    final class Condition implements ExecutionCondition {
        private static final String PROBLEM = problem();

        private static String problem() {
            try (Kvm kvm = Kvm.open()) {
                return kvm.apiVersion() == 12 ? "" : "unknown API";
            } catch (KvmException e) {
                return e.getMessage();
            }
        }

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (PROBLEM.isEmpty()) {
                return ConditionEvaluationResult.enabled("/dev/kvm opens");
            }
            if ("1".equals(System.getenv("HOSTA_REQUIRE_KVM"))) {
                throw new AssertionError("HOSTA_REQUIRE_KVM=1, but: " + PROBLEM);
            }
            System.out.println("SKIPPED " + context.getDisplayName() + ": " + PROBLEM);
            return ConditionEvaluationResult.disabled(PROBLEM);
        }
    }
}
