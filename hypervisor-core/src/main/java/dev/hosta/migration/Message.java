package dev.hosta.migration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.snapshot.RecordCodec;
import dev.hosta.snapshot.SavedFormException;
import dev.hosta.snapshot.StateCodec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the control frames say: one JSON object each, the records as the saved form has them; and
 * STATE, which is binary.
 *
 * <p>Threading: no state.
 */
final class Message {
    private static final Path STATE_NAME = Path.of("the guest's state");
    private static final int MOST_TEXT = 1000;
    private static final int STATE_HEAD_BYTES = 9;

    private Message() {}

    /**
     * HELLO.
     *
     * @param proof of a {@link PairingToken}, where the source was given one
     */
    record Hello(
            List<Integer> versions, List<String> features, String id, Optional<String> proof) {}

    /** CHOICE. */
    record Choice(int version, List<String> features) {}

    /**
     * RESERVE.
     *
     * @param tscKhz frequency of the guest's TSC
     * @param streams by which pages come, this one included
     */
    record Reserve(MachineSpec spec, GuestCpu cpu, int tscKhz, int streams) {
        Reserve {
            InvalidStateException.requireRange("Streams", streams, 1, Stripes.MOST_STREAMS);
            InvalidStateException.requireRange("TSC frequency", tscKhz, 1, Integer.MAX_VALUE);
        }
    }

    /** RESERVED. */
    record Reserved() {}

    /** JOIN: the connection is this one of the streams by which pages come. */
    record Join(int stream) {}

    /** CANCEL. */
    record Cancel(String reason) {}

    /** ROUND: the pages of one round; from the destination, those that are damaged so far. */
    record Round(int number, long sentPages, List<Long> damaged) {}

    /** READY, GO and HEARD. */
    record Token(String token) {}

    /** RUNNING; how long it took to let the guest run, once GO was there. */
    record Running(String token, long resumeNanos) {}

    /** ABORTED. */
    record Aborted(String token, String reason) {}

    /**
     * STATE.
     *
     * @param digest of RAM, as {@link PageSums} has it
     * @param running whether the guest ran
     * @param machine all of it but RAM
     */
    record State(long digest, boolean running, MachineState machine) {}

    /** Any of them but STATE as bytes. */
    static byte[] write(Record message) {
        return object(json -> RecordCodec.write(json, message));
    }

    /** STATE as bytes: 8 digest · 1 whether it ran · the machine's state. */
    static byte[] write(State state) {
        byte[] machine = StateCodec.toBytes(state.machine());
        return ByteBuffer.allocate(STATE_HEAD_BYTES + machine.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(state.digest())
                .put((byte) (state.running() ? 1 : 0))
                .put(machine)
                .array();
    }

    private interface Writing {
        void to(JsonGenerator json) throws IOException;
    }

    private static byte[] object(Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            writing.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /**
     * Passes a frame on.
     *
     * @throws MigrationException where it is of another type; for CANCEL, with the peer's reason
     */
    static Frame require(Frame frame, FrameType wanted) {
        if (frame.type() == wanted) {
            return frame;
        }
        if (frame.type() == FrameType.CANCEL) {
            String reason = read(frame, Cancel.class).reason();
            throw new MigrationException("The other side refused: " + printable(reason));
        }
        throw new MigrationException(
                "The peer sent " + frame.type() + " where " + wanted + " belongs.");
    }

    /** Text of the peer's, fit for a terminal. */
    static String printable(String text) {
        String line = text.replaceAll("[^ -~]", "?");
        return line.length() <= MOST_TEXT ? line : line.substring(0, MOST_TEXT);
    }

    /**
     * Reads what a frame says.
     *
     * @throws MigrationException where it is no such message
     */
    static <T extends Record> T read(Frame frame, Class<T> type) {
        return parse(
                frame,
                json -> {
                    json.nextToken();
                    return RecordCodec.read(json, type);
                });
    }

    /**
     * Reads STATE.
     *
     * @throws MigrationException where it is no state of a machine that this build reads
     */
    static State readState(Frame frame) {
        ByteBuffer in = ByteBuffer.wrap(frame.payload()).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (in.remaining() < STATE_HEAD_BYTES) {
                throw new InvalidStateException("It is too short");
            }
            long digest = in.getLong();
            int running = in.get();
            if (running != 0 && running != 1) {
                throw new InvalidStateException("Its guest neither ran nor stood still");
            }
            return new State(digest, running == 1, StateCodec.ofBytes(in, STATE_NAME));
        } catch (SavedFormException e) {
            throw new MigrationException(printable(e.getMessage()), e);
        } catch (InvalidStateException e) {
            throw cannotBe(frame, e);
        }
    }

    private interface Reading<T> {
        T from(JsonParser json) throws IOException;
    }

    private static <T> T parse(Frame frame, Reading<T> reading) {
        try (JsonParser json = new JsonFactory().createParser(frame.payload())) {
            T message = reading.from(json);
            if (json.nextToken() != null) {
                throw new InvalidStateException("There is more behind it");
            }
            return message;
        } catch (InvalidStateException | IOException e) {
            throw cannotBe(frame, e);
        }
    }

    private static MigrationException cannotBe(Frame frame, Exception e) {
        String why =
                e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
        return new MigrationException(
                "The peer sent a "
                        + frame.type()
                        + " that cannot be: "
                        + printable(String.valueOf(why))
                        + ".",
                e);
    }
}
