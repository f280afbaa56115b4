package dev.hosta.cli;

import dev.hosta.machine.MachineSpec;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The {@code NAME} of a VM that commands on running VMs begin with. */
final class VmName {
    private VmName() {}

    /** Adds the parameter, as the first. */
    static void addTo(CommandSpec spec) {
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("0")
                        .arity("1")
                        .paramLabel("NAME")
                        .type(String.class)
                        .description("The VM; 'hosta ps' shows them all.")
                        .build());
    }

    /** What stands there. */
    static String of(ParseResult parsed) {
        return MachineSpec.requireName(parsed.matchedPositionalValue(0, ""));
    }
}
