import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Puts together what {@code bin/hosta} starts from, in Maven's package phase: one jar of Hosta, one
 * of its libraries, jffi's native library, the built-in guests, and the archive of loaded classes.
 *
 * <p>The libraries' classes older than version 50 are rewritten to version 52, with stack maps: the
 * JVM verifies old ones the slow way and leaves them out of its archive. Switches over types lose
 * their bootstrap, see {@link TypeSwitches}. docs/startup.md has the figures. Arguments: dist
 * folder, version, src-test-images folder, class path.
 */
final class Assemble {
    private static final String NATIVE = "jni/x86_64-Linux/";
    private static final int FIRST_WITH_STACK_MAPS = 50;
    private static final int TRAINING_SECONDS = 60;

    private final Path dist;
    private final String version;
    private final Path images;
    private final List<Path> ours = new ArrayList<>();
    private final List<Path> libraries = new ArrayList<>();

    private Assemble(Path dist, String version, Path images, String classPath) {
        this.dist = dist;
        this.version = version;
        this.images = images;
        for (String entry : classPath.split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath();
            (isOurs(path) ? ours : libraries).add(path);
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        new Assemble(Path.of(args[0]), args[1], Path.of(args[2]), args[3]).assemble();
    }

    /** Ours come out of a target folder; libraries out of Maven's repository. */
    private static boolean isOurs(Path path) {
        return Files.isDirectory(path) || path.getParent().endsWith("target");
    }

    private void assemble() throws IOException, InterruptedException {
        Files.createDirectories(dist.resolve("lib"));
        Files.createDirectories(dist.resolve("native"));
        Path archive = dist.resolve("hosta.aot");
        Files.deleteIfExists(archive);
        Files.writeString(
                dist.resolve("java"),
                Path.of(System.getProperty("java.home"), "bin", "java") + "\n");
        writeLibraries();
        writeGuests();
        // Last but the archive: the launcher takes this jar as the sign that all is built.
        writeJar(dist.resolve("lib/hosta.jar"), ours, "Implementation-Version: " + version);
        train(archive);
    }

    private void writeLibraries() throws IOException {
        StringBuilder inputs = new StringBuilder();
        for (Path jar : libraries) {
            inputs.append(jar).append(' ').append(Files.size(jar)).append('\n');
        }
        Path list = dist.resolve("lib/deps.list");
        if (Files.exists(list)
                && Files.exists(dist.resolve("lib/deps.jar"))
                && Files.readString(list).contentEquals(inputs)) {
            return;
        }
        Files.deleteIfExists(list);
        writeJar(dist.resolve("lib/deps.jar"), libraries, "");
        for (Path jar : libraries) {
            if (jar.getFileName().toString().endsWith("-native.jar")) {
                unpackNative(jar);
            }
        }
        Files.writeString(list, inputs);
    }

    private void unpackNative(Path jar) throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(jar);
                Stream<Path> files = Files.list(zip.getPath(NATIVE))) {
            for (Path file : files.toList()) {
                Path to = dist.resolve("native").resolve(file.getFileName().toString());
                Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void writeJar(Path to, List<Path> inputs, String manifest) throws IOException {
        List<URL> urls = new ArrayList<>();
        for (Path input : inputs) {
            urls.add(input.toUri().toURL());
        }
        Path part = to.resolveSibling(to.getFileName() + ".part");
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new));
                ZipOutputStream out =
                        new ZipOutputStream(
                                new BufferedOutputStream(Files.newOutputStream(part)))) {
            ClassFile classFile =
                    ClassFile.of(
                            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                            ClassFile.ClassHierarchyResolverOption.of(
                                    ClassHierarchyResolver.ofResourceParsing(loader)));
            Set<String> seen = new HashSet<>();
            put(
                    out,
                    "META-INF/MANIFEST.MF",
                    ("Manifest-Version: 1.0\n" + manifest + "\n").getBytes());
            for (Path input : inputs) {
                if (Files.isDirectory(input)) {
                    copyTree(input, seen, classFile, out);
                } else {
                    URI uri = URI.create("jar:" + input.toUri());
                    try (FileSystem zip = FileSystems.newFileSystem(uri, Map.of())) {
                        copyTree(zip.getPath("/"), seen, classFile, out);
                    }
                }
            }
        }
        Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void copyTree(
            Path root, Set<String> seen, ClassFile classFile, ZipOutputStream out)
            throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(root)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            String name = root.relativize(file).toString();
            if (isWanted(name) && seen.add(name)) {
                byte[] bytes = Files.readAllBytes(file);
                put(out, name, name.endsWith(".class") ? modern(bytes, classFile) : bytes);
            }
        }
    }

    private static boolean isWanted(String name) {
        return !name.endsWith("module-info.class")
                && !name.startsWith("jni/")
                && (!name.startsWith("META-INF/") || name.startsWith("META-INF/services/"));
    }

    private static byte[] modern(byte[] bytes, ClassFile classFile) {
        ClassModel model = classFile.parse(bytes);
        if (model.majorVersion() >= FIRST_WITH_STACK_MAPS) {
            return TypeSwitches.unfold(model)
                    .map(t -> classFile.transformClass(model, t))
                    .orElse(bytes);
        }
        // Not ACCEPT_ALL, which copies a method's bytes as they are: each instruction goes through
        // the builder, which then works out the stack maps.
        ClassTransform bodies =
                ClassTransform.transformingMethodBodies(
                        (CodeBuilder code, CodeElement element) -> code.with(element));
        ClassTransform version =
                (builder, element) ->
                        builder.with(
                                element instanceof ClassFileVersion
                                        ? ClassFileVersion.of(ClassFile.JAVA_8_VERSION, 0)
                                        : element);
        return classFile.transformClass(model, bodies.andThen(version));
    }

    private static void put(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setLastModifiedTime(FileTime.fromMillis(0));
        out.putNextEntry(entry);
        out.write(bytes);
        out.closeEntry();
    }

    /** Copies the guests, and lists them by the first comment of their source. */
    private void writeGuests() throws IOException {
        Path to = dist.resolve("guests");
        if (Files.exists(to)) {
            try (Stream<Path> old = Files.walk(to)) {
                for (Path path : old.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        Files.createDirectories(to);
        Path built = images.resolve("built");
        if (!Files.isDirectory(built)) {
            return;
        }
        Path agents = Files.createDirectories(dist.resolve("agent"));
        Files.copy(
                built.resolve("hosta-agent"),
                agents.resolve("hosta-agent"),
                StandardCopyOption.REPLACE_EXISTING);
        StringBuilder list = new StringBuilder();
        try (Stream<Path> files = Files.list(built)) {
            for (Path file : files.sorted().toList()) {
                String fileName = file.getFileName().toString();
                if (fileName.endsWith(".elf")) {
                    Files.copy(file, to.resolve(fileName));
                    list.append(firstComment(fileName.replace(".elf", ""))).append('\n');
                }
            }
        }
        Files.writeString(to.resolve("list"), list);
    }

    private String firstComment(String guest) throws IOException {
        Path source = images.resolve("guests").resolve(guest + ".c");
        if (!Files.exists(source)) {
            return guest;
        }
        String text = Files.readString(source);
        int start = text.indexOf("/*") + 2;
        int end = text.indexOf("*/", start);
        if (start < 2 || end < 0) {
            return guest;
        }
        String comment = text.substring(start, end).replaceAll("\\s+\\*?\\s*", " ").strip();
        int sentence = comment.indexOf(". ");
        return comment.startsWith(guest)
                ? sentence < 0 ? comment : comment.substring(0, sentence + 1)
                : guest;
    }

    /**
     * Runs a guest by the launcher itself, so that the archive holds what a start loads, under the
     * options of a start. Without /dev/kvm the run fails early and the archive holds less.
     */
    private void train(Path archive) throws IOException, InterruptedException {
        Path config = dist.resolve("hosta.aotconf");
        Path log = dist.resolve("archive.log");
        Files.deleteIfExists(log);
        String base = "-XX:AOTConfiguration=" + config;
        boolean made =
                launch(base + " -XX:AOTMode=record -XX:-AOTRecordTraining", log)
                        && Files.exists(config)
                        && launch(base + " -XX:AOTMode=create -XX:AOTCache=" + archive, log);
        Files.deleteIfExists(config);
        if (!made || !Files.exists(archive)) {
            System.err.println(
                    "Note: no archive was made, so each start takes longer; see " + log + ".");
        }
    }

    private boolean launch(String options, Path log) throws IOException, InterruptedException {
        Path launcher = dist.resolve("../../bin/hosta").normalize();
        ProcessBuilder builder =
                new ProcessBuilder(
                                "sh",
                                launcher.toString(),
                                dist.resolve("guests/hello.elf").toString())
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("HOSTA_MAIN", "dev.hosta.cli.Training");
        builder.environment().put("HOSTA_JAVA_OPTS", options);
        builder.environment().put("HOSTA_JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        if (!process.waitFor(TRAINING_SECONDS, java.util.concurrent.TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            return false;
        }
        return true;
    }
}
