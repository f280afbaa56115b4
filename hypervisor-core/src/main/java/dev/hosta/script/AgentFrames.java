package dev.hosta.script;

import dev.hosta.script.ScriptGuest.CommandResult;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one command in a guest has written so far, and its status.
 *
 * <p>Threading: one thread.
 */
final class AgentFrames {
    private final OutputStream out;
    private final OutputStream err;
    private final ByteArrayOutputStream keptOut = new ByteArrayOutputStream();
    private final ByteArrayOutputStream keptErr = new ByteArrayOutputStream();
    private final int most;
    private OptionalInt status = OptionalInt.empty();

    /**
     * Nothing yet.
     *
     * @param out gets the output; where empty, it is kept
     * @param err gets the errors; where empty, they are kept
     * @param most bytes of each to keep
     */
    AgentFrames(Optional<OutputStream> out, Optional<OutputStream> err, int most) {
        this.out = out.orElse(keptOut);
        this.err = err.orElse(keptErr);
        this.most = most;
    }

    /**
     * Takes a frame.
     *
     * @throws StepException where it is none
     */
    void take(int kind, byte[] payload) {
        switch (kind) {
            case 'O' -> write(out, keptOut, payload);
            case 'E' -> write(err, keptErr, payload);
            case 'S' -> {
                if (payload.length != 1) {
                    throw new StepException("the guest's agent talks nonsense");
                }
                status = OptionalInt.of(payload[0] & 0xff);
            }
            default -> throw new StepException("the guest's agent talks nonsense");
        }
    }

    private void write(OutputStream to, ByteArrayOutputStream kept, byte[] payload) {
        if (to == kept && kept.size() + payload.length > most) {
            return;
        }
        try {
            to.write(payload);
            to.flush();
        } catch (IOException e) {
            throw new StepException("its output cannot be written: " + e.getMessage(), e);
        }
    }

    /** The command's status, once it has ended. */
    OptionalInt status() {
        return status;
    }

    /** All of a command that has ended. */
    CommandResult result() {
        return new CommandResult(
                status.orElseThrow(),
                keptOut.toString(StandardCharsets.UTF_8),
                keptErr.toString(StandardCharsets.UTF_8));
    }
}
