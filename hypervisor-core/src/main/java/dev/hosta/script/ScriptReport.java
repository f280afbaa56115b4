package dev.hosta.script;

import java.util.List;

/**
 * What came of a script, for people and for programs.
 *
 * @param result its steps
 * @param end how the guest ended, in a few words
 * @param status what the process returns
 * @param vcpus each vCPU's registers and more, where something failed; several lines each
 */
public record ScriptReport(ScriptResult result, String end, int status, List<String> vcpus) {
    /** Copies the list. */
    public ScriptReport {
        vcpus = List.copyOf(vcpus);
    }

    /** Whether all steps did what they were to do, and the guest ended as a command does. */
    public boolean passed() {
        return result.failed().isEmpty() && status == 0;
    }

    /** What is to be known of a failure: the last lines on the console and the vCPUs. */
    String evidence() {
        StringBuilder text = new StringBuilder("The guest: ").append(end).append('\n');
        if (!result.screen().isEmpty()) {
            text.append("The last that it showed:\n").append(result.screen()).append('\n');
        }
        vcpus.forEach(vcpu -> text.append(vcpu.stripTrailing()).append('\n'));
        return text.toString();
    }
}
