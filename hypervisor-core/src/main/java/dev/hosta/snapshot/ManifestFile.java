package dev.hosta.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;

import dev.hosta.device.state.InvalidStateException;
import dev.hosta.machine.GuestCpu;
import dev.hosta.machine.MachineSpec;
import dev.hosta.machine.MachineState;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The manifest as bytes: one JSON object that begins with the format's name and version and ends
 * with the digest of all that stands before it. These two rules hold for every version, so that a
 * reader can tell damaged from newer.
 *
 * <pre>
 *  {"format":"hosta-saved-form","version":1,"requires":[...],...,"state":[...],"sha256":"DIGEST"}
 *  |&lt;------------------ the digest is of these bytes ----------------&gt;|
 * </pre>
 */
final class ManifestFile {
    /** Name in the folder. */
    static final String NAME = "manifest.json";

    private static final String FORMAT = "hosta-saved-form";
    private static final int VERSION = 1;
    private static final int OLDEST_VERSION = 1;
    private static final byte[] TAIL_START = ",\"sha256\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TAIL_END = "\"}\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST_CHARACTERS = 64;
    private static final int TAIL_BYTES = TAIL_START.length + DIGEST_CHARACTERS + TAIL_END.length;

    private ManifestFile() {}

    /** A digest in hex, as it stands in the files. */
    static String sha256(byte[] bytes, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, length);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    /** The file's bytes. */
    static byte[] bytes(Manifest manifest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("format", FORMAT);
            json.writeNumberField("version", VERSION);
            json.writeArrayFieldStart("requires");
            for (String feature : manifest.requires()) {
                json.writeString(feature);
            }
            json.writeEndArray();
            json.writeStringField("hosta", manifest.hosta());
            json.writeStringField("id", manifest.id());
            json.writeFieldName("spec");
            RecordCodec.write(json, manifest.spec());
            json.writeFieldName("cpu");
            RecordCodec.write(json, manifest.cpu());
            json.writeArrayFieldStart("disks");
            for (DiskIdentity disk : manifest.disks()) {
                RecordCodec.write(json, disk);
            }
            json.writeEndArray();
            json.writeFieldName("memory");
            RecordCodec.write(json, manifest.memory());
            json.writeFieldName("state");
            StateCodec.write(json, manifest.state());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] object = out.toByteArray();
        return signed(Arrays.copyOf(object, object.length - 1));
    }

    /** An object without its closing brace, made a whole file. */
    static byte[] signed(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + TAIL_BYTES);
        out.writeBytes(body);
        out.writeBytes(TAIL_START);
        out.writeBytes(sha256(body, body.length).getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(TAIL_END);
        return out.toByteArray();
    }

    /**
     * Reads a manifest.
     *
     * @param file names it in messages
     * @param bytes all of the file
     * @throws SavedFormException where it is damaged, too old or too new
     */
    static Manifest read(Path file, byte[] bytes) {
        int bodyBytes = bytes.length - TAIL_BYTES;
        if (bodyBytes < 1
                || !matches(bytes, bodyBytes, TAIL_START)
                || !matches(bytes, bytes.length - TAIL_END.length, TAIL_END)) {
            throw new SavedFormException.Corrupt(file, "it is cut short or no manifest.");
        }
        FutureTask<String> digest = new FutureTask<>(() -> sha256(bytes, bodyBytes));
        Thread beside = new Thread(digest, "manifest-digest");
        beside.setDaemon(true);
        beside.start();
        byte[] body = bytes.clone();
        body[bodyBytes] = '}';
        try {
            return new Reader(file, new FlatJson(body, bodyBytes + 1)).manifest();
        } catch (InvalidStateException | IOException e) {
            throw new SavedFormException.Corrupt(file, e.getMessage() + ".", e);
        } finally {
            // Reading and digest both take their time. Whatever came of the first, this counts.
            requireDigest(file, bytes, bodyBytes, digest);
        }
    }

    private static void requireDigest(
            Path file, byte[] bytes, int bodyBytes, FutureTask<String> digest) {
        try {
            byte[] wanted = digest.get().getBytes(StandardCharsets.US_ASCII);
            if (!matches(bytes, bodyBytes + TAIL_START.length, wanted)) {
                throw new SavedFormException.Corrupt(
                        file, "its contents do not match its checksum.");
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SavedFormException.Corrupt(file, "its reading was interrupted.", e);
        }
    }

    private static boolean matches(byte[] bytes, int at, byte[] wanted) {
        return Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }

    /** Reads the object, key by key in their order. */
    private record Reader(Path file, JsonInput json) {
        Manifest manifest() throws IOException {
            if (json.next() != JsonToken.START_OBJECT) {
                throw new InvalidStateException("It is no object");
            }
            key("format", JsonToken.VALUE_STRING);
            if (!json.text().equals(FORMAT)) {
                throw new InvalidStateException("It is of another format: " + json.text());
            }
            requireVersion();
            List<String> requires = requires();
            key("hosta", JsonToken.VALUE_STRING);
            String hosta = json.text();
            key("id", JsonToken.VALUE_STRING);
            String id = json.text();
            key("spec", JsonToken.START_OBJECT);
            MachineSpec spec = RecordCodec.read(json, MachineSpec.class);
            key("cpu", JsonToken.START_OBJECT);
            GuestCpu cpu = RecordCodec.read(json, GuestCpu.class);
            key("disks", JsonToken.START_ARRAY);
            List<DiskIdentity> disks = new ArrayList<>();
            while (json.next() != JsonToken.END_ARRAY) {
                disks.add(RecordCodec.read(json, DiskIdentity.class));
            }
            key("memory", JsonToken.START_OBJECT);
            Manifest.Memory memory = RecordCodec.read(json, Manifest.Memory.class);
            key("state", JsonToken.START_ARRAY);
            MachineState state = StateCodec.read(json, file);
            if (json.next() != JsonToken.END_OBJECT || json.next() != null) {
                throw new InvalidStateException("There is more behind the state");
            }
            return new Manifest(requires, hosta, id, spec, cpu, disks, memory, state);
        }

        private void key(String name, JsonToken type) throws IOException {
            if (json.next() != JsonToken.FIELD_NAME
                    || !json.name().equals(name)
                    || json.next() != type) {
                throw new InvalidStateException("The key '" + name + "' is not where it must be");
            }
        }

        private void requireVersion() throws IOException {
            key("version", JsonToken.VALUE_NUMBER_INT);
            int version = Math.clamp(json.number(), Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (version > VERSION) {
                throw new SavedFormException.TooNew(
                        file,
                        "its format is "
                                + version
                                + ", this build reads up to "
                                + VERSION
                                + ". Use a newer hosta.");
            }
            if (version < OLDEST_VERSION) {
                throw new SavedFormException.TooOld(
                        file,
                        "its format is "
                                + version
                                + ", this build reads from "
                                + OLDEST_VERSION
                                + " on. Use an older hosta.");
            }
        }

        private List<String> requires() throws IOException {
            key("requires", JsonToken.START_ARRAY);
            List<String> requires = new ArrayList<>();
            while (json.next() == JsonToken.VALUE_STRING) {
                String feature = json.text();
                if (!Manifest.KNOWN_FEATURES.contains(feature)) {
                    throw new SavedFormException.TooNew(
                            file,
                            "it needs '"
                                    + feature
                                    + "', which this build does not know."
                                    + " Use a newer hosta.");
                }
                requires.add(feature);
            }
            if (json.current() != JsonToken.END_ARRAY) {
                throw new InvalidStateException("'requires' must be a list of names");
            }
            return requires;
        }
    }
}
