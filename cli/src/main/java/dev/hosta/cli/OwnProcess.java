package dev.hosta.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line that this process was started with, to start others of its kind. */
final class OwnProcess {
    private OwnProcess() {}

    private static List<String> words() throws IOException {
        String all = Files.readString(Path.of("/proc/self/cmdline"));
        return List.of(all.substring(0, all.length() - 1).split("\0", -1));
    }

    /**
     * The words up to this program's own arguments, such as a command's name.
     *
     * @throws IOException where /proc is not there
     */
    static List<String> program() throws IOException {
        List<String> words = words();
        return new ArrayList<>(words.subList(0, words.indexOf(Main.class.getName()) + 1));
    }

    /**
     * The words before the last ones.
     *
     * @param arguments how many those are
     * @throws IOException where /proc is not there
     */
    static List<String> before(int arguments) throws IOException {
        List<String> words = words();
        return new ArrayList<>(words.subList(0, words.size() - arguments));
    }
}
