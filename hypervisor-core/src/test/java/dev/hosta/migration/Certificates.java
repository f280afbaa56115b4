package dev.hosta.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Folders of certificates for tests, which openssl makes. */
final class Certificates {
    private static final int PATIENCE_SECONDS = 30;
    private static final String EC = "ec -pkeyopt ec_paramgen_curve:P-256";

    private Certificates() {}

    /**
     * An authority of its own, and what it signed for both sides.
     *
     * @param name the destination's, such as {@code IP:127.0.0.1}
     * @param days how long they are valid
     */
    static Path make(Path folder, String name, int days) throws Exception {
        return make(folder, name, days, EC);
    }

    /** As the other, with keys of another kind. */
    static Path make(Path folder, String name, int days, String kind) throws Exception {
        Files.createDirectories(folder);
        openssl(
                folder,
                "req -x509 -newkey "
                        + EC
                        + " -nodes -keyout ca-key.pem -out ca-cert.pem -days 30 -subj"
                        + " /CN=authority");
        for (String side : List.of("server", "client")) {
            sign(folder, side, name, days, kind);
        }
        return folder;
    }

    private static void sign(Path folder, String side, String name, int days, String kind)
            throws Exception {
        openssl(
                folder,
                "req -newkey "
                        + kind
                        + " -nodes -keyout %s-key.pem -out %s.csr -subj /CN=%s"
                                .formatted(side, side, side));
        Files.writeString(folder.resolve("names"), "subjectAltName=" + name + "\n");
        openssl(
                folder,
                ("x509 -req -in %s.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial"
                                + " -out %s-cert.pem -extfile names -days %d")
                        .formatted(side, side, days));
    }

    /** The same files in another folder. */
    static Path copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (String name :
                List.of(
                        "ca-cert.pem",
                        "server-cert.pem",
                        "server-key.pem",
                        "client-cert.pem",
                        "client-key.pem")) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
        return to;
    }

    /** Writes a key anew in the form that certtool has. */
    static void asPkcs1(Path key) throws Exception {
        openssl(key.getParent(), "rsa -traditional -in %s -out %s".formatted(key, key));
    }

    private static void openssl(Path folder, String arguments) throws Exception {
        Process process =
                new ProcessBuilder(("openssl " + arguments).split(" "))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(arguments + ": " + Files.readString(folder.resolve("log")));
        }
    }
}
