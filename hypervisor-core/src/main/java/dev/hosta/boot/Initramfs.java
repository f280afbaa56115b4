package dev.hosta.boot;

import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An initramfs made of the user's own, if any, and one more archive behind it.
 *
 * @param initrd what comes first, as it is
 * @param agent the agent's program, put at {@link #AGENT_PATH}; if any
 * @param copies folders of the host's that go with it
 */
public record Initramfs(Optional<Path> initrd, Optional<Path> agent, List<Copy> copies) {
    /** Where the agent stands in the guest. */
    public static final String AGENT_PATH = "/hosta-agent";

    private static final int EXECUTABLE = 0111;
    private static final int READABLE = 0644;

    /**
     * A folder of the host's.
     *
     * @param folder all of whose content is copied
     * @param path absolute, the folder of that content in the guest
     */
    public record Copy(Path folder, String path) {}

    /** Copies the list. */
    public Initramfs {
        copies = List.copyOf(copies);
    }

    /**
     * Writes it.
     *
     * @param to made, or written over
     * @throws ImageException where something cannot be read or written
     */
    public void write(Path to) {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(to), 1 << 16)) {
            if (initrd.isPresent()) {
                long bytes = Files.copy(initrd.get(), out);
                // The kernel looks for the next archive behind zeros, at a multiple of 4.
                out.write(new byte[(int) (-bytes & 3)]);
            }
            CpioArchive archive = new CpioArchive(out);
            Set<String> there = new HashSet<>();
            if (agent.isPresent()) {
                byte[] program = Files.readAllBytes(agent.get());
                archive.add(AGENT_PATH.substring(1), CpioArchive.FILE | 0755, program);
            }
            for (Copy copy : copies) {
                add(archive, copy, there);
            }
            archive.end();
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw new ImageException(
                    "make the initramfs of", Path.of(e.getMessage()), "there is no such file");
        } catch (IOException e) {
            throw new ImageException("make the initramfs", to, String.valueOf(e.getMessage()));
        }
    }

    private static void add(CpioArchive archive, Copy copy, Set<String> there) throws IOException {
        StringBuilder at = new StringBuilder();
        for (String part : copy.path().split("/")) {
            if (!part.isEmpty()) {
                at.append(at.isEmpty() ? "" : "/").append(part);
                if (there.add(at.toString())) {
                    archive.add(at.toString(), CpioArchive.FOLDER, new byte[0]);
                }
            }
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(copy.folder())) {
            files = all.sorted().toList();
        }
        for (Path file : files) {
            if (!file.equals(copy.folder())) {
                String name = copy.folder().relativize(file).toString();
                add(archive, file, (at.isEmpty() ? "" : at + "/") + name, there);
            }
        }
    }

    private static void add(CpioArchive archive, Path file, String name, Set<String> there)
            throws IOException {
        if (Files.isSymbolicLink(file)) {
            String target = Files.readSymbolicLink(file).toString();
            archive.add(name, CpioArchive.LINK, target.getBytes(StandardCharsets.UTF_8));
        } else if (Files.isDirectory(file)) {
            if (there.add(name)) {
                archive.add(name, CpioArchive.FOLDER, new byte[0]);
            }
        } else if (Files.isRegularFile(file)) {
            int mode = CpioArchive.FILE | READABLE | (Files.isExecutable(file) ? EXECUTABLE : 0);
            archive.add(name, mode, Files.size(file), out -> Files.copy(file, out));
        }
    }
}
