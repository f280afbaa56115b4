package dev.hosta.cli;

import dev.hosta.control.ControlClient;
import dev.hosta.control.ControlException;
import dev.hosta.machine.SpecException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** {@code hosta stop NAME}: presses the power button, and in the end takes the power away. */
final class StopCommand implements Command {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta stop");
        spec.usageMessage()
                .description(
                        "Ends a VM: presses its power button, and powers it off where the guest"
                                + " has not done so in time.");
        VmName.addTo(spec);
        spec.addOption(
                OptionSpec.builder("--timeout")
                        .paramLabel("TIME")
                        .type(String.class)
                        .converters(StopCommand::checkedTime)
                        .description("How long the guest has, such as 500ms, 30s (default 10s).")
                        .build());
        spec.addOption(
                OptionSpec.builder("--force")
                        .type(boolean.class)
                        .description("Power off at once; kill the process if even that fails.")
                        .build());
        spec.addOption(HelpOption.spec());
        return spec;
    }

    private static String checkedTime(String text) {
        try {
            TimeText.parse(text);
            return text;
        } catch (SpecException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    @Override
    public int run(ParseResult parsed) {
        String name = VmName.of(parsed);
        boolean force = parsed.hasMatchedOption("--force");
        Duration timeout = TimeText.parse(parsed.matchedOptionValue("--timeout", "10s"));
        try (ControlClient vm = ControlClient.connect(name, PATIENCE)) {
            long pid = ((Number) vm.get("vmm.ping").get("pid")).longValue();
            ProcessHandle process =
                    ProcessHandle.of(pid)
                            .orElseThrow(
                                    () -> new ControlException("'" + name + "' has just ended."));
            if (!force && isRunning(vm)) {
                vm.put("vm.power-button", "");
                if (hasEnded(process, timeout)) {
                    return ExitStatus.OK;
                }
            }
            powerOff(vm, process, force);
        }
        return ExitStatus.OK;
    }

    /** A paused guest does not see its button. */
    private static boolean isRunning(ControlClient vm) {
        return "Running".equals(vm.get("vm.status").get("state"));
    }

    private static void powerOff(ControlClient vm, ProcessHandle process, boolean force) {
        try {
            vm.put("vmm.shutdown", "");
        } catch (ControlException e) {
            // Where it ended by itself just now, all is well.
            if (process.isAlive() && !force) {
                throw e;
            }
        }
        if (hasEnded(process, PATIENCE)) {
            return;
        }
        if (!force) {
            throw new ControlException(
                    "The VM's process does not end, pid=" + process.pid() + ". Use --force.");
        }
        process.destroyForcibly();
        hasEnded(process, PATIENCE);
    }

    private static boolean hasEnded(ProcessHandle process, Duration within) {
        try {
            process.onExit().get(within.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
