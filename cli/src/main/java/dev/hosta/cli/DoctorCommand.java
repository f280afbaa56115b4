package dev.hosta.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.util.ArrayList;
import java.util.List;

/** {@code hosta doctor}: whether this host can run guests, line by line, with what to do. */
final class DoctorCommand implements Command {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta doctor");
        spec.usageMessage()
                .description("Tells whether this host can run guests, and what to do about it.")
                .footer("", "Exit status: 0 when it can, 3 when it cannot.");
        spec.addOption(
                OptionSpec.builder("--json")
                        .type(boolean.class)
                        .description("Print JSON instead of lines.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(ProgramCheck.findings());
        findings.addAll(KvmCheck.findings());
        findings.addAll(HostCheck.findings());
        boolean usable = findings.stream().noneMatch(f -> f.level() == Finding.Level.FAIL);
        if (parsed.hasMatchedOption("--json")) {
            System.out.println(json(usable, findings));
        } else {
            findings.forEach(System.out::println);
        }
        return usable ? ExitStatus.OK : ExitStatus.HOST_UNUSABLE;
    }

    private static String json(boolean usable, List<Finding> findings) {
        StringBuilder json =
                new StringBuilder("{\"usable\":").append(usable).append(",\"checks\":[");
        String separator = "\n  ";
        for (Finding finding : findings) {
            json.append(separator).append(finding.json());
            separator = ",\n  ";
        }
        return json.append("\n]}").toString();
    }
}
