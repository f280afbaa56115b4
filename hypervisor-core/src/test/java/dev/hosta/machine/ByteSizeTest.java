package dev.hosta.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @Test
    void countsUnitsIn1024s() {
        assertEquals(64 << 10, ByteSize.parse("64K"));
        assertEquals(512L << 20, ByteSize.parse("512M"));
        assertEquals(3L << 30, ByteSize.parse("3g"));
        assertEquals(1L << 40, ByteSize.parse("1T"));
        assertEquals(0, ByteSize.parse("0M"));
        assertEquals(1500, ByteSize.parse("1500B"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0B", "1500B", "1K", "1023M", "2G", "3T", "4096T"})
    void writesWhatItReads(String text) {
        assertEquals(text, ByteSize.text(ByteSize.parse(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "512", "-1M", "+1M", "1.5G", "1 M", "5MB", "9999999T", "٣M"})
    void refusesTheRest(String text) {
        assertThrows(SpecException.class, () -> ByteSize.parse(text));
    }
}
