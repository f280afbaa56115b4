package dev.hosta.cli;

import dev.hosta.boot.Initramfs;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.util.Optional;

/** The options of {@code hosta run} that say what counts as a hang or a crash. */
final class WatchOptions {
    private static final String STALL = "--stall";
    private static final String NO_PANIC_WATCH = "--no-panic-watch";

    static final String CONSOLE_LOG = "--console-log";
    private static final String SYMBOLS = "--symbols";

    private WatchOptions() {}

    static void addTo(CommandSpec spec) {
        RunOptions.option(
                spec,
                STALL,
                "TIME",
                TimeText::parse,
                "End the guest when it has neither written to its console nor used a device for"
                        + " this time, with status 123.");
        spec.addOption(
                OptionSpec.builder(NO_PANIC_WATCH)
                        .type(boolean.class)
                        .description(
                                "Go on when the console shows a Linux kernel's panic, for instance"
                                        + " another guest's.")
                        .build());
        RunOptions.option(
                spec,
                CONSOLE_LOG,
                "FILE",
                RunOptions::path,
                "Keep the serial console in FILE too, each line with its time.");
        RunOptions.option(
                spec,
                SYMBOLS,
                "FILE",
                RunOptions::path,
                "ELF file or System.map to name the kernel's addresses by, where something failed"
                        + " (default: the kernel's own symbols).");
        ScriptOptions.addTo(spec);
    }

    static Watching read(
            ParseResult parsed, Optional<Watching.Named> script, Optional<Initramfs> initramfs) {
        return new Watching(
                RunOptions.value(parsed, STALL, TimeText::parse),
                !parsed.hasMatchedOption(NO_PANIC_WATCH),
                script,
                RunOptions.value(parsed, CONSOLE_LOG, RunOptions::path),
                initramfs,
                RunOptions.value(parsed, SYMBOLS, RunOptions::path));
    }
}
