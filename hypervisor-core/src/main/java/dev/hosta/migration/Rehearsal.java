package dev.hosta.migration;

import dev.hosta.machine.CutRehearsal;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineState;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.HandOverRecord.Decision;
import dev.hosta.migration.HandOverRecord.Entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is done while a guest stands still, done once before with a machine that is nobody's: code
 * that never ran has to be loaded first, which takes longer than all else of the downtime.
 *
 * <p>Threading: no state.
 */
final class Rehearsal {
    private static final int TIMES = 3;

    private Rehearsal() {}

    /**
     * Takes a state, sends it nowhere, reads it, takes it over, and writes the record down.
     *
     * @throws RuntimeException with a line for the user, where the host runs no machine at all
     */
    static void run(GuestCpu cpu) {
        for (int time = 0; time < TIMES; time++) {
            MachineState state = CutRehearsal.move(cpu);
            byte[] payload = Message.write(new Message.State(0, false, state));
            FrameHeader header = new FrameHeader(FrameType.STATE, payload.length, 0, 0);
            Message.readState(new Frame(header, payload));
        }
        decide();
    }

    private static void decide() {
        try {
            Path folder = Files.createTempDirectory("hosta-rehearsal");
            try {
                HandOverRecord record = new HandOverRecord(folder);
                record.write(
                        new Entry(
                                Decision.READY,
                                Tokens.make(),
                                Tokens.make(),
                                "nobody",
                                "nowhere",
                                List.of()));
                record.remove();
            } finally {
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new MigrationException("Cannot write files here: " + e.getMessage() + ".", e);
        }
    }
}
