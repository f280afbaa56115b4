package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hosta.junit.Guest;
import dev.hosta.junit.GuestTest;
import dev.hosta.junit.WarmGuest;
import dev.hosta.junit.WarmUp;

import org.junit.jupiter.api.Test;

/** A kernel that has counted to three once: each test goes on from there, with a fork of its own. */
@GuestTest(kernel = "target/counter.elf", memory = "16M", timeout = "20s")
@WarmGuest(until = "counter ready")
class WarmCounterTest {
    @WarmUp
    static void countToThree(Guest guest) {
        guest.console().send("+++");
        guest.console().expect("count 3\n");
    }

    @Test
    void countsOn(Guest guest) {
        guest.console().send("+");
        guest.console().expect("count 4\n");
    }

    @Test
    void aForkCountsByItself(Guest guest) {
        Guest fork = guest.fork();
        fork.console().send("+++");
        fork.console().expect("count 6\n");
        guest.console().send("q");
        assertEquals(3, guest.status());
    }

    @Test
    void countsOnWhereItIsResumed(Guest guest) {
        guest.suspend();
        guest.resume();
        guest.console().send("+q");
        assertEquals(4, guest.status());
    }

    @Test
    void countsOnWhereItMoves(Guest guest) {
        guest.migrate();
        guest.console().send("+q");
        assertEquals(4, guest.status());
    }
}
