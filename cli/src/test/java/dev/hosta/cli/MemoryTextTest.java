package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was asked for is what the value says of itself. */
class MemoryTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"512M", "1028K", "2G", "4M,hugepages=2M", "1G,hugepages=1G", "3M,prealloc"})
    void readsBackWhatItSays(String text) {
        var memory = MemoryText.parse(text);
        assertEquals(memory, MemoryText.parse(memory.toString()));
    }
}
