package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hosta.device.virtio.net.MacAddress;
import dev.hosta.linux.CacheMode;
import dev.hosta.linux.HugePages;
import dev.hosta.linux.PortForward;
import dev.hosta.linux.PortForward.Protocol;
import dev.hosta.machine.NetSpec.Carrier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

class SpecReaderTest {
    @TempDir Path folder;

    private MachineSpec read(String json) throws IOException {
        return SpecReader.read(Files.writeString(folder.resolve("vm.json"), json), "vm-1");
    }

    @Test
    void readsAllOfIt() throws IOException {
        MachineSpec spec =
                read(
                        """
                        {
                          "name": "web1",
                          "cpus": 4,
                          "memory": {"size": "1G", "hugepages": "2M", "prealloc": true},
                          "kernel": "boot/vmlinuz",
                          "initrd": "/initrd.img",
                          "append": "console=ttyS0",
                          "loadAddress": "0x100000",
                          "virtioCmdline": true,
                          "disks": [
                            "root.img",
                            {"path": "/dev/sdb", "readOnly": true, "cache": "none",
                             "format": "raw", "id": "data"}
                          ]
                        }
                        """);
        BootSpec boot =
                new BootSpec(
                        folder.resolve("boot/vmlinuz"),
                        Optional.of(Path.of("/initrd.img")),
                        "console=ttyS0",
                        OptionalLong.of(0x100000),
                        true);
        MemorySpec memory = new MemorySpec(1L << 30, HugePages.SIZE_2M, true);
        Path root = folder.resolve("root.img");
        List<DiskSpec> disks =
                List.of(
                        new DiskSpec(root, false, CacheMode.WRITEBACK, false, "disk0"),
                        new DiskSpec(Path.of("/dev/sdb"), true, CacheMode.NONE, true, "data"));
        assertEquals(new MachineSpec("web1", 4, memory, boot, disks), spec);
    }

    @Test
    void readsNetworksAndRates() throws IOException {
        MachineSpec spec =
                read(
                        """
                        {
                          "kernel": "k",
                          "disks": [{"path": "a", "rate": "10M", "iops": 500}],
                          "nets": [
                            "user",
                            {"type": "user", "publish": ["127.0.0.1:8080:80", "53:53/udp"]},
                            {"type": "tap", "interface": "tap0", "mac": "02:00:00:12:34:56",
                             "mtu": 9000, "rxRate": "1M", "txRate": "2M", "id": "lan"},
                            {"type": "socket", "path": "cable"}
                          ]
                        }
                        """);
        assertEquals(new RateSpec(500, 10 << 20), spec.disks().getFirst().rate());
        List<NetSpec> nets = spec.nets();
        assertEquals(
                List.of(
                        new Carrier.User(List.of()),
                        new Carrier.User(
                                List.of(
                                        new PortForward(Protocol.TCP, "127.0.0.1", 8080, 80),
                                        new PortForward(Protocol.UDP, "", 53, 53))),
                        new Carrier.Tap("tap0"),
                        new Carrier.Socket(folder.resolve("cable"))),
                nets.stream().map(NetSpec::carrier).toList());
        MacAddress mac = MacAddress.parse("02:00:00:12:34:56");
        assertEquals(
                new NetSpec(
                        new Carrier.Tap("tap0"), Optional.of(mac), "lan", 9000, 1 << 20, 2 << 20),
                nets.get(2));
    }

    @Test
    void addressesAreTheMachinesOwnAndStayTheSame() throws IOException {
        String json = "{\"kernel\": \"k\", \"name\": \"%s\", \"nets\": [\"user\", \"user\"]}";
        List<NetSpec> first = read(json.formatted("one")).nets();
        assertEquals(first, read(json.formatted("one")).nets());
        Set<MacAddress> all = new HashSet<>();
        for (String name : List.of("one", "two", "a", "b")) {
            for (NetSpec net : read(json.formatted(name)).nets()) {
                assertEquals(
                        2L,
                        (net.mac().orElseThrow().bits() >>> 40) & 3,
                        "local, of one station: " + net.mac());
                all.add(net.mac().orElseThrow());
            }
        }
        assertEquals(8, all.size());
        // Written down, so that it does not change from release to release.
        assertEquals("9e:15:aa:c5:d0:4d", first.getFirst().mac().orElseThrow().toString());
    }

    @Test
    void fillsInWhatIsLeftOut() throws IOException {
        MachineSpec spec = read("{\"kernel\": \"k\"}");
        BootSpec boot =
                new BootSpec(folder.resolve("k"), Optional.empty(), "", OptionalLong.empty());
        assertEquals(new MachineSpec("vm-1", 1, MemorySpec.ofBytes(512 << 20), boot), spec);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"kernel": "k", "cpu": 2}        | line 1, column 17: unknown key 'cpu'
                    {"kernel": "k", "kernel": "l"}   | the key 'kernel' stands there twice
                    {"cpus": "two"}                  | line 1, column 10: 'cpus' must be a whole
                    {"cpus": 2.5}                    | line 1, column 10: 'cpus' must be a whole
                    {"cpus": 5000000000}             | line 1, column 10: 'cpus' must be a whole
                    {"cpus": 0}                      | column 10: Number of vCPUs must be 1 to 255
                    {"memory": 512}                  | line 1, column 12: 'memory' must be a string
                    {"memory": "512"}                | column 12: A size is a whole number with K
                    {"memory": {"size": "1M", "hugepages": "2M"}} | must be a multiple
                    {"memory": {"size": "4M", "hugepages": "4M"}} | Huge pages are of 2M or 1G
                    {"memory": {"prealloc": 1}}      | 'prealloc' must be true or false
                    {"name": "../x"}                 | line 1, column 10: A name is 1 to 64
                    {"kernel": ""}                   | column 12: A path cannot be empty
                    {"loadAddress": "-1"}            | An address is a number such as 0x100000
                    {"virtioCmdline": 1}             | 'virtioCmdline' must be
                    {"disks": "a.img"}               | line 1, column 11: 'disks' must be a list
                    {"disks": [{"id": "a"}]}         | a disk's 'path' is missing
                    {"disks": [{"pth": "a"}]}        | unknown key 'pth'; known are path, readOnly
                    {"disks": [{"cache": "fast"}]}   | A cache is writeback, writethrough or none
                    {"disks": [{"engine": "aio"}]}   | An engine is auto, threads or io_uring
                    {"disks": [{"format": "qcow2"}]} | A disk's format is raw: 'qcow2'
                    {"disks": [{"id": "a b"}]}       | A disk's id is 1 to 20 letters
                    {"disks": [1]}                   | 'disks' must be a string
                    {"kernel": "k", "disks": ["a", "./a"]} | A disk is given twice: path=
                    {"nets": "user"}                 | line 1, column 10: 'nets' must be a list
                    {"nets": ["tap"]}                | A network is of type 'user' with 'publish'
                    {"nets": [{"type": "tap"}]}      | A network is of type 'user' with 'publish'
                    {"nets": [{"path": "a"}]}        | A network is of type 'user' with 'publish'
                    {"nets": [{"type": "user", "path": "a"}]} | A network is of type 'user'
                    {"nets": [{"mtu": 20}]}          | An MTU is 68 to 65535 bytes
                    {"nets": [{"publish": ["80"]}]}  | A published port is
                    {"nets": [{"mac": "x"}]}         | A MAC address is six octets
                    {"disks": [{"iops": 0}]}         | A number of requests a second is
                    {"cpus": 2}                      | the key 'kernel' is missing
                    []                               | line 1, column 1: it must hold one JSON
                    {"kernel": "k"                   | Unexpected end-of-input
                    {"kernel": 'k'}                  | line 1, column 12: Unexpected character
                    {"kernel": "k"} {}               | there is more behind the machine's object
                    """)
    void saysInOneLineWhatIsWrongAndWhere(String json, String expected) {
        String message = assertThrows(SpecException.class, () -> read(json)).getMessage();
        assertEquals(1, message.lines().count(), message);
        assertEquals(true, message.contains(expected), message);
        assertEquals(true, message.contains(folder.resolve("vm.json").toString()), message);
    }

    @Test
    void saysWhatFileItCannotRead() {
        Path missing = folder.resolve("missing.json");
        assertEquals(
                "Cannot read " + missing + ": no such file.",
                assertThrows(SpecException.class, () -> SpecReader.read(missing, "vm-1"))
                        .getMessage());
    }
}
