package dev.hosta.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.SpecReader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What is written down of a spec makes the same machine again. */
class SpecFormTest {
    private static final String EVERYTHING =
            """
            {"name": "all", "cpus": 3, "kernel": "/k", "initrd": "/i", "append": "a b",
             "memory": {"size": "1G", "hugepages": "2M", "prealloc": true},
             "virtioCmdline": true, "loadAddress": "0x100000",
             "disks": [{"path": "/d", "readOnly": true, "cache": "none", "format": "raw",
                        "engine": "threads", "rate": "1500B", "iops": 7, "id": "root"}],
             "nets": [{"type": "user", "publish": ["8080:80", "127.0.0.1:53:53/udp", "[::1]:1:2"]},
                      {"type": "tap", "interface": "t0", "mac": "02:00:00:00:00:01", "mtu": 1400},
                      {"type": "socket", "path": "/s", "rxRate": "1M", "txRate": "2K"}],
             "hvc": "socket:/h", "ports": [{"name": "p", "to": "file:/f"}], "rng": "64K"}
            """;

    @TempDir Path folder;

    private MachineSpec read(String text) throws IOException {
        return SpecReader.read(Files.writeString(folder.resolve("in.json"), text), "x");
    }

    private void comesBack(MachineSpec spec) throws IOException {
        SpecForm.write(folder, spec);
        Path file = folder.resolve(SpecForm.FILE);
        assertEquals(spec, SpecReader.read(file, "other"));
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void everythingComesBack() throws IOException {
        comesBack(read(EVERYTHING));
    }

    @Test
    void nothingComesBackAndALongerFileIsReplaced() throws IOException {
        comesBack(read(EVERYTHING));
        comesBack(read("{\"kernel\": \"/k\", \"hvc\": \"stdio\", \"rng\": true}"));
    }
}
