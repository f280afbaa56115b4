package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.kvm.RequiresKvm;
import dev.hosta.machine.MachinePhase;
import dev.hosta.machine.TestGuest;
import dev.hosta.migration.Cable.Cut;
import dev.hosta.migration.MigrationException.GuestIs;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Several streams of one migration: all pages come, and none of them may be lost. */
@RequiresKvm
@Timeout(120)
final class StreamsTest {
    @TempDir Path here;
    @TempDir Path there;

    private static TestGuest guest() {
        TestGuest guest = new TestGuest(TestGuest.spec("dirty", "200 8", 1, 16L << 20));
        guest.machine.start();
        guest.await("rounds 1");
        return guest;
    }

    private static MigrationOptions over(int port, int streams) {
        return Ferry.options(port).withTransport(new Transport(streams, Compression.OFF));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, Transport.MOST_STREAMS})
    void aGuestThatWritesGoesOverSeveral(int streams) throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            MigrationOptions options = over(ferry.port(), streams);
            MigrationReport report = new MigrationSource(source.machine, options, here).run();
            assertTrue(report.sentBytes() >= 8 << 20, "sent=" + report.sentBytes());
            Ferry.endsWell(ferry.arrived());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "JOIN, BEFORE",
        "JOIN, WITHIN",
        "JOIN, AFTER",
        "PAGES, WITHIN",
        "ROUND, BEFORE",
        "ROUND, AFTER",
        "STATE, WITHIN",
    })
    void theCutOfOneIsTheEndOfAll(FrameType type, Cut where) throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there);
                Cable cable = new Cable(ferry.port(), type, where, true)) {
            MigrationSource migration =
                    new MigrationSource(source.machine, over(cable.port(), 3), here);
            MigrationException e = assertThrows(MigrationException.class, migration::run);
            assertEquals(GuestIs.HERE, e.guestIs());
            assertTrue(cable.wasCut());
            assertEquals(MachinePhase.RUNNING, source.machine.phase());
            Ferry.endsWell(source);
            assertFalse(ferry.hasArrived(), "Two copies run");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, -1, 2})
    void whoJoinsAsSomebodyElseIsRefused(int number) throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            SourceConnection connection =
                    new SourceConnection(
                            MigrationAddress.parse("127.0.0.1:" + ferry.port()),
                            Optional.empty(),
                            Tokens.make());
            try (FrameStream first = connection.connect()) {
                first.send(FrameType.RESERVE, Message.write(reserve(source, 3)));
                Message.require(first.receive(Link.SILENCE_NANOS), FrameType.RESERVED);
                try (FrameStream taken = join(connection, 2);
                        FrameStream wrong = join(connection, number)) {
                    taken.send(FrameType.BEAT, new byte[0]);
                    assertRefused(wrong, "a stream that is none");
                    assertRefused(first, "a stream that is none");
                }
            }
            assertEquals(1, ferry.givenUp.size(), ferry.givenUp.toString());
        }
    }

    @Test
    void aStreamThatDoesNotJoinEndsTheMigration() throws Exception {
        try (TestGuest source = guest();
                Ferry ferry = new Ferry(there)) {
            SourceConnection connection =
                    new SourceConnection(
                            MigrationAddress.parse("127.0.0.1:" + ferry.port()),
                            Optional.empty(),
                            Tokens.make());
            try (FrameStream first = connection.connect()) {
                first.send(FrameType.RESERVE, Message.write(reserve(source, 2)));
                Message.require(first.receive(Link.SILENCE_NANOS), FrameType.RESERVED);
                assertRefused(first, "all of its connections");
            }
            // It listens on.
            new MigrationSource(source.machine, over(ferry.port(), 2), here).run();
            Ferry.endsWell(ferry.arrived());
        }
    }

    private static Message.Reserve reserve(TestGuest guest, int streams) {
        return new Message.Reserve(
                guest.machine.spec(), guest.machine.cpu(), guest.machine.look().tscKhz(), streams);
    }

    private static FrameStream join(SourceConnection connection, int number) {
        FrameStream stream = connection.connectAside();
        stream.send(FrameType.JOIN, Message.write(new Message.Join(number)));
        return stream;
    }

    private static void assertRefused(FrameStream stream, String why) {
        MigrationException e =
                assertThrows(
                        MigrationException.class,
                        () ->
                                Message.require(
                                        stream.receive(4 * Link.SILENCE_NANOS), FrameType.READY));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    @Test
    void aPageOfAnotherStreamIsRefused() {
        Stripes second = new Stripes(1, 3);
        second.require(new PageFrame(256, 256));
        second.require(new PageFrame(4 * 256 + 255, 1));
        for (PageFrame wrong :
                List.of(
                        new PageFrame(0, 1),
                        new PageFrame(255, 2),
                        new PageFrame(511, 2),
                        new PageFrame(512, 1))) {
            assertThrows(MigrationException.class, () -> second.require(wrong), wrong.toString());
        }
        Stripes.all().require(new PageFrame(0, 1L << 40));
    }

    @Test
    void eachPageIsOfExactlyOneStream() {
        for (int word = 0; word < 100; word++) {
            int having = 0;
            for (int number = 0; number < 3; number++) {
                Stripes stripes = new Stripes(number, 3);
                if (stripes.hasWord(word)) {
                    having++;
                    stripes.require(new PageFrame((long) word << 6, 64));
                }
            }
            assertEquals(1, having, "word " + word);
        }
    }
}
