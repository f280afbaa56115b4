package dev.hosta.cli;

import dev.hosta.device.backend.ConsoleOutput;
import dev.hosta.linux.PidFile;
import dev.hosta.linux.StdioPort;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.RuntimeFolder;
import dev.hosta.machine.SpecException;
import dev.hosta.machine.VirtualMachine;
import dev.hosta.migration.Landing;
import dev.hosta.migration.MigrationAddress;
import dev.hosta.migration.MigrationDestination;
import dev.hosta.migration.Pairing;
import dev.hosta.migration.TlsFolder;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/** {@code hosta receive}: waits for a VM that migrates here, and becomes its VMM. */
final class ReceiveCommand implements Command {
    private static final String LISTEN = "--listen";
    private static final String INSECURE = "--insecure";
    private static final String TLS_DIR = "--tls-dir";
    private static final String PAIR = "--pair";

    private final WarmUp warmUp = new WarmUp();

    @Override
    public void prepare() {
        warmUp.start();
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("hosta receive");
        spec.usageMessage()
                .description("Waits for a VM that 'hosta migrate' sends, and runs it here.")
                .footer(
                        "",
                        "A migration that fails before the VM is handed over is reported, and the",
                        "next one waited for. Exit status: as of run once the guest runs, else 1.");
        RunOptions.option(
                spec,
                LISTEN,
                "HOST:PORT|unix:PATH",
                MigrationAddress::parse,
                "Where to wait; port 0 takes a free one, and says which.");
        RunOptions.option(
                spec,
                "--name",
                "NAME",
                MachineSpec::requireName,
                "Name of the VM (default: as it was).");
        ResumeOptions.addDisksTo(spec);
        ConsoleOptions.addSerialTo(spec);
        RunOptions.option(
                spec,
                TLS_DIR,
                "DIR",
                RunOptions::absolute,
                "Take only a source with a certificate that ca-cert.pem of DIR signed; this side"
                        + " is server-cert.pem with server-key.pem.");
        ResumeOptions.flag(
                spec,
                PAIR,
                "Print a token for 'hosta migrate --token', by which one migration comes here"
                        + " encrypted; it has to begin within "
                        + Pairing.LASTS.toMinutes()
                        + " minutes.");
        ResumeOptions.flag(spec, INSECURE, "Listen on a network without encryption.");
        spec.addOption(HelpOption.spec());
        return spec;
    }

    @Override
    public int run(ParseResult parsed) {
        Optional<TlsFolder> tls =
                RunOptions.value(parsed, TLS_DIR, RunOptions::absolute)
                        .map(TlsFolder::new)
                        .map(TlsFolder::requireDestination);
        Optional<Pairing> pairing =
                parsed.hasMatchedOption(PAIR)
                        ? Optional.of(Pairing.begin(Pairing.LASTS))
                        : Optional.empty();
        if (pairing.isPresent() && tls.isPresent()) {
            throw new SpecException(
                    "A migration is encrypted by --tls-dir or by --pair, not by both.");
        }
        MigrationAddress at =
                RunOptions.value(parsed, LISTEN, MigrationAddress::parse)
                        .orElseThrow(() -> new SpecException("--listen is missing."))
                        .requireSafe(
                                parsed.hasMatchedOption(INSECURE),
                                pairing.isPresent() ? pairing : tls);
        // Loads the native library beside the warm-up.
        PidFile.ownPid();
        Optional<ScriptLine> script = ScriptLine.of(parsed);
        warmUp.await();
        MigrationDestination destination =
                MigrationDestination.listen(at, pairing.isPresent() ? pairing : tls);
        System.err.println(
                Failure.line(
                        "Waiting for a VM on "
                                + (destination.address() instanceof InetSocketAddress inet
                                        ? inet.getHostString() + ":" + inet.getPort()
                                        : at.text())
                                + "."));
        pairing.ifPresent(
                own ->
                        System.err.println(
                                Failure.line(
                                        "One VM may come with --token " + own.token().text())));
        Coming coming = new Coming(parsed, script);
        Thread hook = new Thread(coming::leave, "leave");
        Runtime.getRuntime().addShutdownHook(hook);
        VirtualMachine machine = destination.await(coming);
        return coming.session().follow(machine);
    }

    /** The run of a guest that is on its way, and what was claimed for it. */
    private static final class Coming implements Landing {
        private final ParseResult parsed;
        private final Optional<ScriptLine> script;
        private String lastWhy = "";
        private Optional<Session> session = Optional.empty();

        Coming(ParseResult parsed, Optional<ScriptLine> script) {
            this.parsed = parsed;
            this.script = script;
        }

        Session session() {
            return session.orElseThrow();
        }

        @Override
        public MachineSpec specOf(MachineSpec sent) {
            MachineSpec spec = ResumeOptions.withDisks(parsed, sent);
            return RunOptions.value(parsed, "--name", MachineSpec::requireName)
                    .map(spec::withName)
                    .orElse(spec);
        }

        @Override
        public synchronized void claim(MachineSpec spec) {
            RuntimeFolder held = RuntimeFolder.claim(spec.name());
            session = Optional.of(new Session(ResumeOptions.request(parsed, spec), held));
        }

        @Override
        public void makeReady(VirtualMachine machine) {
            script.ifPresent(line -> line.connected(machine));
            session().makeReady();
        }

        @Override
        public Path records() {
            return RuntimeFolder.migrations();
        }

        @Override
        public ConsoleOutput console() {
            return session().console();
        }

        @Override
        public Optional<StdioPort> terminal() {
            return session().terminalPort();
        }

        @Override
        public synchronized void cannotRunYet(RuntimeException why) {
            // The source asks again and again.
            if (!lastWhy.equals(why.getMessage())) {
                lastWhy = String.valueOf(why.getMessage());
                Failure.print("The VM has come and stays paused: " + lastWhy);
            }
        }

        @Override
        public synchronized void givenUp(RuntimeException why) {
            Failure.report(why);
            session.ifPresent(Session::leave);
            session = Optional.empty();
            lastWhy = "";
        }

        /** The process ends. */
        synchronized void leave() {
            session.ifPresent(Session::leave);
        }
    }
}
