package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.junit.Guest;
import dev.hosta.junit.GuestTest;

/** The kernel from its first instruction on: each test boots it. */
class CounterBootTest {
    @GuestTest(kernel = "target/counter.elf", memory = "16M")
    void countsFromZero(Guest guest) {
        guest.console().expect("counter ready");
        guest.console().send("+");
        assertEquals("1", guest.console().expect("count (\\d)\n").group(1));
    }

    @GuestTest(kernel = "target/counter.elf", memory = "16M")
    void endsWithItsCount(Guest guest) {
        guest.console().expect("counter ready");
        guest.console().send("++q");
        assertEquals(2, guest.status());
    }
}
