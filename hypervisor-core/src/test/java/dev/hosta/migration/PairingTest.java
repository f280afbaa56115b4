package dev.hosta.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.machine.SpecException;
import dev.hosta.migration.Listener.Opened;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Who has the token is taken, once; nobody else is. */
@Timeout(60)
final class PairingTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";
    private static final String OTHER_ID = "fedcba9876543210fedcba9876543210";

    private final BlockingQueue<Opened> taken = new LinkedBlockingQueue<>();
    private Pairing pairing;
    private Listener listener;

    @BeforeEach
    void listen() {
        listen(Duration.ofMinutes(1));
    }

    private void listen(Duration lasts) {
        pairing = Pairing.begin(lasts);
        Listener own = new Listener(MigrationAddress.parse("127.0.0.1:0"), Optional.of(pairing));
        listener = own;
        Thread.ofPlatform().daemon().start(() -> take(own));
    }

    private void take(Listener own) {
        try {
            while (true) {
                own.next().ifPresent(taken::add);
            }
        } catch (MigrationException e) {
            // The test is over.
            return;
        }
    }

    @AfterEach
    void close() {
        listener.close();
        taken.forEach(opened -> opened.stream().close());
    }

    private MigrationAddress to() {
        return MigrationAddress.parse(MigrationAddress.text(listener.address()));
    }

    /** Says hello, and what the first message is about. */
    private void call(Optional<? extends Encryption> by, String id) throws Exception {
        SourceConnection connection = new SourceConnection(to(), by, id);
        try (FrameStream stream = connection.connect()) {
            stream.send(FrameType.GO, Message.write(new Message.Token(id)));
            assertEquals(id, taken.poll(10, TimeUnit.SECONDS).id());
        }
    }

    private String refused(Optional<? extends Encryption> by, String id) {
        String why = assertThrows(MigrationException.class, () -> call(by, id)).getMessage();
        assertTrue(taken.isEmpty(), why);
        return why;
    }

    private Optional<PairingToken> token() {
        return Optional.of(PairingToken.parse(pairing.token().text()));
    }

    /** The token with one bit of its bytes changed. */
    private Optional<PairingToken> changed(int at) {
        String text = pairing.token().text();
        int place = "hosta1.".length() + at;
        char other = text.charAt(place) == 'A' ? 'B' : 'A';
        return Optional.of(
                PairingToken.parse(text.substring(0, place) + other + text.substring(place + 1)));
    }

    @Test
    void whoHasTheTokenIsTaken() throws Exception {
        call(token(), ID);
    }

    @Test
    void oneMigrationAloneUsesIt() throws Exception {
        call(token(), ID);
        assertTrue(refused(token(), OTHER_ID).contains("used by another"));
        // Its own further connections are taken.
        call(token(), ID);
    }

    @Test
    void aWrongSecretIsRefusedAndUsesNothing() throws Exception {
        assertTrue(refused(changed(30), ID).contains("The token is wrong"));
        call(token(), OTHER_ID);
    }

    @Test
    void aTokenOfAnotherDestinationIsNotShownToThis() {
        assertEquals("The peer is not the one that printed the token.", refused(changed(3), ID));
        Optional<PairingToken> others = Optional.of(Pairing.begin(Pairing.LASTS).token());
        assertEquals("The peer is not the one that printed the token.", refused(others, ID));
    }

    @Test
    void aTokenDoesNotLastForEver() {
        close();
        listen(Duration.ZERO);
        assertTrue(refused(token(), ID).contains("too old"));
    }

    @Test
    void withoutATokenNobodyIsTaken() {
        refused(Optional.empty(), ID);
        try (FrameStream stream = FrameStream.over(Link.connect(to(), token()))) {
            Message.Hello hello =
                    new Message.Hello(
                            List.of(MigrationSource.VERSION), List.of(), ID, Optional.empty());
            stream.send(FrameType.HELLO, Message.write(hello));
            MigrationException e =
                    assertThrows(
                            MigrationException.class,
                            () ->
                                    Message.require(
                                            stream.receive(Link.SILENCE_NANOS), FrameType.CHOICE));
            assertTrue(e.getMessage().contains("A token is needed"), e.getMessage());
        }
    }

    @Test
    void theProofOfOneMigrationIsNoneOfAnother() {
        Optional<String> proof = token().orElseThrow().proof(ID);
        assertThrows(MigrationException.class, () -> pairing.admit(OTHER_ID, proof));
        pairing.admit(ID, proof);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hosta1.", "hosta1.AAAA", "hosta2.", "secret", "hosta1.!!!!"})
    void whatIsNoTokenIsNotShown(String text) {
        SpecException e = assertThrows(SpecException.class, () -> PairingToken.parse(text));
        assertTrue(e.getMessage().startsWith("The token is none"), e.getMessage());
    }

    @Test
    void aTokenIsNotInTheLog() {
        String shown = pairing.token() + " " + pairing;
        assertFalse(shown.contains("hosta1."), shown);
    }
}
