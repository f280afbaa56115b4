package dev.hosta.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

/** Windows below 4 GiB, and their words on a command line. */
class VirtioMmioDeviceTest {
    private static final List<VirtioMmioDevice> TWO =
            List.of(
                    new VirtioMmioDevice(0xd000_0000L, 512, 16),
                    new VirtioMmioDevice(0xd000_1000L, 512, 17));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            emptyValue = "",
            value = {
                "''              | A B",
                "quiet           | quiet A B",
                "a  b            | a  b A B",
                "quiet -- x --   | quiet A B -- x --",
                "--              | A B --",
                "root=--/x       | root=--/x A B"
            })
    void devicesComeInOrderBeforeWhatIsForInit(String given, String expected) {
        String devices =
                expected.replace("A", "virtio_mmio.device=512@0xd0000000:16")
                        .replace("B", "virtio_mmio.device=512@0xd0001000:17");
        assertEquals(devices, VirtioMmioDevice.announce(given, TWO));
        assertEquals(given, VirtioMmioDevice.announce(given, List.of()));
    }

    @Test
    void refusesWhatA32BitResourceCannotSay() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new VirtioMmioDevice(0xffff_ffffL, 0x1000, 16));
        assertThrows(
                IllegalArgumentException.class, () -> new VirtioMmioDevice(0xd000_0000L, 0, 16));
    }
}
