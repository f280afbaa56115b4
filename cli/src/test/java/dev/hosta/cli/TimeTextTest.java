package dev.hosta.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hosta.machine.SpecException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

class TimeTextTest {
    @Test
    void readsEachUnit() {
        assertEquals(Duration.ofMillis(500), TimeText.parse("500ms"));
        assertEquals(Duration.ofSeconds(30), TimeText.parse("30s"));
        assertEquals(Duration.ofMinutes(5), TimeText.parse("5m"));
        assertEquals(Duration.ofHours(2), TimeText.parse("2h"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "5", "0s", "-1s", "1.5s", "5 s", "9999999999h", "1d"})
    void refusesTheRest(String text) {
        assertThrows(SpecException.class, () -> TimeText.parse(text));
    }
}
