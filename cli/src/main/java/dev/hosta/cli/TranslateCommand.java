package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.Json;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** {@code hosta translate NAME GVA}: an address of the guest's through both stages. */
final class TranslateCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta translate");
        spec.usageMessage()
                .description(
                        "Follows a virtual address of the guest through its page tables and the"
                                + " VM's memory map.")
                .footer("", "Exit status: 0 when it leads to memory, 1 when it does not.");
        VmName.addTo(spec);
        spec.addPositional(
                PositionalParamSpec.builder()
                        .index("1")
                        .arity("1")
                        .paramLabel("GVA")
                        .type(String.class)
                        .description("The address, such as 0xffffffff81000000.")
                        .build());
        spec.addOption(
                OptionSpec.builder("--cpu")
                        .paramLabel("N")
                        .type(String.class)
                        .description("Whose page tables, 0 up (default 0).")
                        .build());
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
        String gva = parsed.matchedPositionalValue(1, "");
        String cpu = parsed.matchedOptionValue("--cpu", "0");
        try (ControlClient vm = ControlClient.connect(VmName.of(parsed), PATIENCE)) {
            Map<?, ?> found = vm.get("vm.translate?gva=" + encoded(gva) + "&vcpu=" + encoded(cpu));
            System.out.println(
                    parsed.hasMatchedOption("--json") ? Json.write(found) : found.get("text"));
            return Boolean.TRUE.equals(found.get("mapped")) ? ExitStatus.OK : ExitStatus.FAILED;
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
