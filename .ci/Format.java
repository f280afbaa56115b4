import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks ({@code --dry-run}) or mends ({@code --replace}) the format of every Java file below the
 * folders, with google-java-format's AOSP style. Run by the build as a source file; the formatter
 * is started with the {@code java} that runs this, because it parses with that JDK's compiler.
 */
final class Format {
    public static void main(String[] args) throws IOException, InterruptedException {
        String jar = args[0];
        String action = args[1];
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String part : List.of("api", "code", "file", "parser", "tree", "util")) {
            command.add("--add-exports");
            command.add("jdk.compiler/com.sun.tools.javac." + part + "=ALL-UNNAMED");
        }
        command.addAll(List.of("-XX:+UseSerialGC", "-jar", jar, "--aosp", action));
        if (action.equals("--dry-run")) {
            command.add("--set-exit-if-changed");
        }
        int fixed = command.size();
        for (String root : List.of(args).subList(2, args.length)) {
            try (Stream<Path> files = Files.walk(Path.of(root))) {
                files.map(Path::toString)
                        .filter(f -> f.endsWith(".java"))
                        .sorted()
                        .forEach(command::add);
            }
        }
        if (command.size() == fixed) {
            return;
        }
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            System.err.println(
                    "The files named above are not formatted; mend them with: mvn -Pformat"
                            + " validate");
        }
        System.exit(status);
    }
}
