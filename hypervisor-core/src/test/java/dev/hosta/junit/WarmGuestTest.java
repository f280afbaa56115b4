package dev.hosta.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import java.util.concurrent.atomic.AtomicInteger;

/** Tests that go on from one guest. */
@Tag("kvm")
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
@GuestTest(
        kernel = "../src-test-images/built/command.elf",
        memory = "32M",
        agent = AgentMode.AS_INIT,
        timeout = "20s")
@WarmGuest(until = "command: ")
class WarmGuestTest {
    private static final AtomicInteger BOOTS = new AtomicInteger();

    @WarmUp
    static void tell(Guest guest) {
        BOOTS.incrementAndGet();
        assertEquals("warm\n", guest.exec("echo warm").out());
    }

    @RepeatedTest(8)
    void eachTestHasItsFork(Guest guest) {
        guest.console().expect("^command: ready$|ready$");
        assertEquals("mine\n", guest.exec("echo mine").out());
        assertEquals(1, BOOTS.get());
        guest.exec("bytes");
    }

    @GuestTest(kernel = "../src-test-images/built/status.elf", append = "3", agent = AgentMode.NONE)
    void aMethodWithAGuestOfItsOwnBootsThat(Guest guest) {
        assertEquals(3, guest.status());
    }

    @Nested
    class Inside {
        @Test
        void aForkOfAFork(Guest guest, Guest other) {
            assertEquals("one\n", guest.fork().exec("echo one").out());
            assertEquals("two\n", other.exec("echo two").out());
            assertEquals(1, BOOTS.get());
        }
    }

    @Nested
    @GuestTest(kernel = "../src-test-images/built/echo.elf", agent = AgentMode.NONE)
    class Beside {
        @Test
        void aClassWithAGuestOfItsOwnBootsThat(Guest guest) {
            guest.console().expect("echo ready");
        }
    }
}
