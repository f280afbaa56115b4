package dev.hosta.migration;

import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;
import dev.hosta.migration.Inquiry.Word;
import dev.hosta.migration.Settlement.Force;
import dev.hosta.migration.Settlement.Place;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Settles, on the host that guests came to, what became of them; for whoever cannot ask their
 * source any more.
 *
 * <p>Threading: no state.
 */
public final class ArrivedGuests {
    private static final String NOT_ASKED = "not on this host";

    private ArrivedGuests() {}

    /**
     * Shows, or decides, what became of guests that came.
     *
     * @param records as {@link Landing#records} has it
     * @param vm name of the guests on this host
     * @param force {@link Force#DESTINATION} runs a guest that waits here, as far as its disks'
     *     leases allow it; {@link Force#SOURCE} ends it, and says so to the source when that asks
     * @param tls what a destination that listens with TLS asks for
     * @return one for each hand-over that is not settled
     * @throws MigrationException where a record cannot be read
     */
    public static List<Settlement> settle(
            Path records, String vm, Force force, Optional<? extends Encryption> tls) {
        return new ArrivalRecords(records)
                .of(vm).stream().map(entry -> settle(entry, force, tls)).toList();
    }

    private static Settlement settle(Entry entry, Force force, Optional<? extends Encryption> tls) {
        if (force == Force.NONE || entry.decision() != Decision.READY) {
            return shown(entry.decision().name(), place(entry.decision()));
        }
        MigrationAddress address = MigrationAddress.parse(entry.address());
        SourceConnection connection = new SourceConnection(address, tls, entry.id());
        // Nobody says HEARD: the record stays until the source has asked.
        Word word =
                new Inquiry(connection, entry.token())
                        .ask(force == Force.SOURCE ? FrameType.TAKE_BACK : FrameType.GO);
        connection.close();
        return switch (word) {
            case Word.Runs runs -> shown("RUNNING", Place.THERE);
            case Word.Aborted aborted -> shown("ABORTED: " + aborted.reason(), Place.HERE);
            case Word.Refused refused -> shown("refused: " + refused.reason(), Place.UNKNOWN);
            case Word.Unreachable gone ->
                    shown(
                            "READY, and its process has ended with its memory: " + gone.reason(),
                            Place.UNKNOWN);
        };
    }

    private static Place place(Decision decision) {
        return switch (decision) {
            case READY, HANDED_OVER -> Place.UNKNOWN;
            case RUNNING -> Place.THERE;
            case ABORTED -> Place.HERE;
        };
    }

    private static Settlement shown(String destination, Place place) {
        return new Settlement(NOT_ASKED, destination, place);
    }
}
