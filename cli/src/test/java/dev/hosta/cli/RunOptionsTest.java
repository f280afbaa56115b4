package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.virtio.net.MacAddress;
import dev.hosta.linux.CacheMode;
import dev.hosta.linux.EngineChoice;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.PortForward;
import dev.hosta.linux.PortForward.Protocol;
import dev.hosta.machine.BootSpec;
import dev.hosta.machine.DiskSpec;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MemorySpec;
import dev.hosta.machine.NetSpec;
import dev.hosta.machine.NetSpec.Carrier;
import dev.hosta.machine.PortSpec;
import dev.hosta.machine.PortTarget;
import dev.hosta.machine.RateSpec;
import dev.hosta.machine.RngSpec;
import dev.hosta.machine.SpecException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

class RunOptionsTest {
    @TempDir Path dist;

    @BeforeEach
    void placeGuests() throws IOException {
        Files.createDirectory(dist.resolve("guests"));
        Files.writeString(dist.resolve("guests/hello.elf"), "");
        System.setProperty("hosta.dist", dist.toString());
    }

    @AfterEach
    void forgetGuests() {
        System.clearProperty("hosta.dist");
    }

    private static RunRequest read(String line) {
        return RunOptions.read(
                new CommandLine(RunOptions.spec()).parseArgs(line.strip().split(" ")));
    }

    @Test
    void aGuestsArgumentsAreItsCommandLine() {
        RunRequest request = read("--cpus 4 hello one two --timeout 2s -- --three");
        MachineSpec machine = request.machine();
        assertEquals(4, machine.cpus());
        assertEquals(MemorySpec.ofBytes(512 << 20), machine.memory());
        assertTrue(machine.name().matches("hello-[0-9]+"), machine.name());
        assertEquals(dist.resolve("guests/hello.elf"), machine.boot().kernel());
        assertEquals("one two --three", machine.boot().commandLine());
        assertEquals(Optional.of(Duration.ofSeconds(2)), request.timeout());
        assertEquals(new ConsoleChoice.Stdio(), request.console());
        assertTrue(request.reboot());
    }

    @Test
    void aVirtioConsoleOnStdioSilencesTheSerialOne() {
        assertEquals(new ConsoleChoice.None(), read("--hvc stdio hello").console());
        assertEquals(new ConsoleChoice.Stdio(), read("--hvc file:log hello").console());
        assertEquals(new ConsoleChoice.Stdio(), read("--hvc none hello").console());
        assertTrue(read("--hvc none hello").machine().consoles().isEmpty());
        assertEquals(
                new ConsoleChoice.ToFile(Path.of("log")),
                read("--hvc stdio --console file:log hello").console());
        assertThrows(SpecException.class, () -> read("--hvc stdio --console stdio hello"));
    }

    @Test
    void readsPortsAndRandomBytes() {
        MachineSpec machine =
                read("--port log=file:l --port agent=socket:a=b --rng=64K hello").machine();
        assertEquals(
                List.of(
                        new PortSpec("log", new PortTarget.ToFile(Path.of("l"))),
                        new PortSpec("agent", new PortTarget.Socket(Path.of("a=b")))),
                machine.consoles().ports());
        assertEquals(65536, machine.rng().orElseThrow().bytesPerSecond().orElseThrow());
        assertEquals(
                Optional.of(RngSpec.unlimited()), read("--rng --cpus 2 hello").machine().rng());
        MachineSpec hello = read("--rng hello").machine();
        assertEquals(Optional.of(RngSpec.unlimited()), hello.rng());
        assertEquals(dist.resolve("guests/hello.elf"), hello.boot().kernel());
        assertEquals(Optional.empty(), read("hello").machine().rng());
    }

    @Test
    void readsAllOfAKernelsOptions() {
        RunRequest request =
                read(
                        "--kernel k --initrd i --append quiet --load-address 0x8000 --name web1"
                                + " --memory 1G,hugepages=2M,prealloc --console file:log"
                                + " --virtio-cmdline --no-reboot");
        BootSpec boot =
                new BootSpec(
                        Path.of("k"),
                        Optional.of(Path.of("i")),
                        "quiet",
                        OptionalLong.of(0x8000),
                        true);
        MemorySpec memory = new MemorySpec(1L << 30, HugePages.SIZE_2M, true);
        assertEquals(
                new RunRequest(
                        new MachineSpec("web1", 1, memory, boot),
                        new ConsoleChoice.ToFile(Path.of("log")),
                        Optional.empty(),
                        false,
                        false),
                request);
    }

    @Test
    void virtioDevicesAreNamedOnTheCommandLineWhereOptionOrFileSaySo() throws IOException {
        Path config = dist.resolve("vm.json");
        Files.writeString(config, "{\"kernel\": \"k\", \"virtioCmdline\": true}");
        assertTrue(read("--config " + config).machine().boot().virtioCmdline());
        assertTrue(read("--virtio-cmdline hello").machine().boot().virtioCmdline());
        assertFalse(read("hello").machine().boot().virtioCmdline());
    }

    @Test
    void optionsGoBeforeTheConfigFile() throws IOException {
        Path config = dist.resolve("vm.json");
        Files.writeString(
                config,
                """
                {"name": "web1", "cpus": 2, "memory": "1G", "kernel": "k", "append": "quiet"}
                """);
        MachineSpec machine = read("--cpus 3 --append debug --config " + config).machine();
        BootSpec boot =
                new BootSpec(dist.resolve("k"), Optional.empty(), "debug", OptionalLong.empty());
        assertEquals(new MachineSpec("web1", 3, MemorySpec.ofBytes(1 << 30), boot), machine);
    }

    @Test
    void readsDisks() throws IOException {
        Path config = dist.resolve("vm.json");
        Files.writeString(config, "{\"kernel\": \"k\", \"disks\": [\"a.img\"]}");
        List<DiskSpec> disks =
                read("--disk a.img --disk b,ro,format=raw,cache=none,engine=threads,id=data"
                                + " --config "
                                + config)
                        .machine()
                        .disks();
        assertEquals(
                List.of(
                        new DiskSpec(Path.of("a.img"), false, CacheMode.WRITEBACK, false, "disk0"),
                        new DiskSpec(
                                Path.of("b"),
                                true,
                                CacheMode.NONE,
                                true,
                                "data",
                                EngineChoice.THREADS)),
                disks);
        assertEquals(
                List.of(
                        new DiskSpec(
                                dist.resolve("a.img"), false, CacheMode.WRITEBACK, false, "disk0")),
                read("--config " + config).machine().disks());
    }

    @Test
    void readsNetworks() throws IOException {
        Path config = dist.resolve("vm.json");
        Files.writeString(config, "{\"kernel\": \"k\", \"nets\": [\"user\"]}");
        List<NetSpec> nets =
                read("--net user,publish=8080:80,publish=[::1]:5353:53/udp"
                                + " --net tap:tap0,mac=02:00:00:12:34:56,mtu=9000,id=lan"
                                + " --net socket:/run/cable,rx-rate=10M,tx-rate=1G --config "
                                + config)
                        .machine()
                        .nets();
        Carrier user =
                new Carrier.User(
                        List.of(
                                new PortForward(Protocol.TCP, "", 8080, 80),
                                new PortForward(Protocol.UDP, "::1", 5353, 53)));
        assertEquals(List.of("net0", "lan", "net2"), nets.stream().map(NetSpec::id).toList());
        assertEquals(user, nets.getFirst().carrier());
        assertEquals(
                new NetSpec(
                        new Carrier.Tap("tap0"),
                        Optional.of(MacAddress.parse("02:00:00:12:34:56")),
                        "lan",
                        9000,
                        0,
                        0),
                nets.get(1));
        assertEquals(new Carrier.Socket(Path.of("/run/cable")), nets.get(2).carrier());
        assertEquals(10L << 20, nets.get(2).rxBytesPerSecond());
        assertEquals(1L << 30, nets.get(2).txBytesPerSecond());
        assertEquals(1, read("--config " + config).machine().nets().size());
        assertEquals(0, read("--net none --config " + config).machine().nets().size());
        assertEquals(
                new RateSpec(500, 10 << 20),
                read("--disk a,rate=10M,iops=500 --kernel k").machine().disks().get(0).rate());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --net tap:a --net tap:a --kernel k     | A network is given twice: id='net1'
                    --net user,id=x --net user,id=x --kernel k | Two networks have the same id
                    --disk a --disk ./a --kernel k    | A disk is given twice: path=./a
                    --disk a,id=x --disk b,id=x --kernel k | Two disks have the same id: id='x'
                    --disk a,id=disk1 --disk b --kernel k  | Two disks have the same id: id='disk1'
                    --timeout 1s             | Nothing to run
                    helo                     | There is no built-in guest 'helo'
                    ../guests/hello          | There is no built-in guest
                    hello --append quiet     | A built-in guest takes no --append
                    hello --kernel k         | A built-in guest takes no --kernel
                    --config missing.json    | Cannot read missing.json: no such file
                    """)
    void saysWhatDoesNotGoTogether(String line, String expected) {
        String message = assertThrows(SpecException.class, () -> read(line)).getMessage();
        assertTrue(message.contains(expected), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --cpus 0 hello             | Number of vCPUs must be 1 to 255
                    --cpus 256 hello           | Number of vCPUs must be 1 to 255
                    --cpus two hello           | Number of vCPUs must be a whole number
                    --cpus                     | --cpus
                    --cpus 1 --cpus 2 hello    | --cpus
                    --memory 512 hello         | A size is a whole number with K
                    --memory 1M,fast hello     | Memory takes SIZE, hugepages=2M
                    --memory 3M,hugepages=2M x | Memory must be a multiple of its page size
                    --console tcp:1 hello      | A console is stdio, file:PATH or none
                    --hvc tty hello            | A virtio console is stdio, file:PATH
                    --port log hello           | A port is NAME=file:PATH
                    --port a=stdio hello       | A port goes to file:PATH or socket:PATH
                    --rng=fast hello           | A size is a whole number
                    --console file: hello      | A console is stdio, file:PATH or none
                    --timeout 5 hello          | A time is a whole number
                    --load-address here hello  | An address is a number such as 0x100000
                    --name .x hello            | A name is 1 to 64 letters
                    --disk ,ro hello           | A disk needs a path first
                    --disk x,rw hello          | A disk takes PATH, ro, format=raw
                    --disk x,cache=fast hello  | A cache is writeback, writethrough or none
                    --disk x,engine=aio hello   | An engine is auto, threads or io_uring
                    --disk x,format=qcow2 y    | A disk's format is raw: 'qcow2'
                    --disk x,id=/ hello        | A disk's id is 1 to 20 letters
                    --disk                     | --disk
                    --disk x,rate=0K hello     | A rate is 1K bytes a second or more
                    --disk x,rate=10 hello     | A size is a whole number with K
                    --disk x,iops=0 hello      | A number of requests a second is
                    --net                      | --net
                    --net bridge hello         | A network is user, tap:INTERFACE, socket:PATH
                    --net socket: hello        | A network is user, tap:INTERFACE, socket:PATH
                    --net none,id=x hello      | A network is user, tap:INTERFACE, socket:PATH
                    --net tap: hello           | A tap interface's name is 1 to 15 letters
                    --net tap:a/b hello        | A tap interface's name is 1 to 15 letters
                    --net tap:a,publish=1:2 x  | A network takes mac=MAC, id=ID, mtu=N
                    --net user,fast hello      | A network takes mac=MAC, id=ID, mtu=N
                    --net user,mac=1 hello     | A MAC address is six octets
                    --net user,mac=01:00:00:00:00:00 x | A MAC address is six octets
                    --net user,mac=00:00:00:00:00:00 x | A MAC address is six octets
                    --net user,mtu=67 hello    | An MTU is 68 to 65535 bytes: mtu=67
                    --net user,mtu=big hello   | An MTU is a whole number: 'big'
                    --net user,id=/ hello      | A network's id is 1 to 20 letters
                    --net user,publish=80 x    | A published port is [ADDRESS:]HOSTPORT:GUESTPORT
                    --net user,publish=0:80 x  | A published port is [ADDRESS:]HOSTPORT:GUESTPORT
                    --net user,publish=1:65536 x | A published port is
                    --net user,publish=1:2/sctp x | A published port is
                    --net user,publish=host:1:2 x | A published port is
                    --net user,publish=:1:2 x  | A published port is
                    """)
    void saysWhatIsWrongWithAnOption(String line, String expected) {
        String message =
                assertThrows(CommandLine.ParameterException.class, () -> read(line)).getMessage();
        assertTrue(message.contains(expected), message);
        assertEquals(1, message.lines().count(), message);
    }
}
