package dev.hosta.machine;

import dev.hosta.linux.Errno;
import dev.hosta.linux.LinuxException;
import dev.hosta.linux.PidFile;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The folder of one running VM, {@code $HOSTA_HOME/vms/NAME}, and with it the VM's name: who holds
 * the folder has the name.
 *
 * <p>{@code HOSTA_HOME} is {@code /run/hosta} for root and {@code $XDG_RUNTIME_DIR/hosta} for
 * others unless it is set; where neither is, {@code hosta-USER} in the folder for temporary files.
 * A folder whose process has ended is taken over, emptied.
 *
 * <p>Threading: any thread; {@link #close} is idempotent.
 */
public final class RuntimeFolder implements AutoCloseable {
    private static final String LOCK = "lock";

    private final Path path;
    private final PidFile lock;
    private boolean closed;

    private RuntimeFolder(Path path, PidFile lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Makes and holds the folder of a VM.
     *
     * @param name the VM's name, as {@link MachineSpec} allows it
     * @throws SpecException where a VM of that name runs, or the folder cannot be made
     */
    public static RuntimeFolder claim(String name) {
        return claim(home(), name);
    }

    static RuntimeFolder claim(Path home, String name) {
        Path path = home.resolve("vms").resolve(MachineSpec.requireName(name));
        while (true) {
            create(path);
            Optional<PidFile> lock;
            try {
                lock = PidFile.tryHold(path.resolve(LOCK));
            } catch (LinuxException e) {
                if (e.errno() == Errno.ENOENT) {
                    // The holder before us has just removed the folder that we saw.
                    continue;
                }
                // Goes where nothing stands in it.
                path.toFile().delete();
                throw new SpecException(e.getMessage(), e);
            }
            if (lock.isEmpty()) {
                throw inUse(name, path);
            }
            RuntimeFolder folder = new RuntimeFolder(path, lock.get());
            folder.empty();
            return folder;
        }
    }

    /** The folder of a VM, whether it runs or not. */
    public static Path pathOf(String name) {
        return home().resolve("vms").resolve(MachineSpec.requireName(name));
    }

    /**
     * The folder of what was decided of guests that migrated to this host; it outlives their VMs,
     * and need not be there.
     */
    public static Path migrations() {
        return home().resolve("migrations");
    }

    /** The names of all VMs that have a folder, those that ended badly too; sorted. */
    public static List<String> names() {
        return names(home());
    }

    private static List<String> names(Path home) {
        String[] names = home.resolve("vms").toFile().list();
        return names == null
                ? List.of()
                : Arrays.stream(names).filter(MachineSpec::isName).sorted().toList();
    }

    /** The process that holds, or held, a VM's folder; empty where that is not known. */
    public static OptionalInt holder(String name) {
        return PidFile.holder(pathOf(name).resolve(LOCK));
    }

    /**
     * Removes the folder of a VM whose process has ended; leaves that of one that lives.
     *
     * @return whether it is gone
     */
    public static boolean sweep(String name) {
        return sweep(pathOf(name));
    }

    private static boolean sweep(Path path) {
        try {
            Optional<PidFile> lock = PidFile.tryHold(path.resolve(LOCK));
            lock.ifPresent(held -> new RuntimeFolder(path, held).close());
            return lock.isPresent();
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT;
        }
    }

    /**
     * Removes the folders of all VMs whose process is gone without having done so; costs little
     * where there is none.
     */
    public static void sweepDead() {
        sweepDead(home());
    }

    static void sweepDead(Path home) {
        for (String name : names(home)) {
            Path path = home.resolve("vms").resolve(name);
            OptionalInt pid = PidFile.holder(path.resolve(LOCK));
            if (pid.isPresent() && !Files.exists(Path.of("/proc/" + pid.getAsInt()))) {
                sweep(path);
            }
        }
    }

    private static SpecException inUse(String name, Path path) {
        String holder =
                PidFile.holder(path.resolve(LOCK)).stream()
                        .mapToObj(pid -> ", pid=" + pid)
                        .findFirst()
                        .orElse("");
        return new SpecException(
                "A VM of this name runs already: name=" + name + holder + ". Give another --name.");
    }

    private static void create(Path path) {
        try {
            Files.createDirectories(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            Path there = Path.of(e.getFile());
            if (isFolderOrGone(there)) {
                // Another VM of this name has just come or gone; the lock tells which.
                return;
            }
            throw new SpecException(
                    "Cannot create " + path + ": " + e.getMessage() + " is no folder.", e);
        } catch (IOException e) {
            throw new SpecException(
                    "Cannot create "
                            + path
                            + ": "
                            + e.getMessage()
                            + ". Set HOSTA_HOME to a folder of yours.",
                    e);
        }
    }

    /** Looked at once, for it may come and go between two looks. */
    private static boolean isFolderOrGone(Path there) {
        try {
            return Files.readAttributes(there, BasicFileAttributes.class).isDirectory();
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Path home() {
        String home = System.getenv("HOSTA_HOME");
        if (home != null && !home.isEmpty()) {
            return Path.of(home);
        }
        String user = System.getProperty("user.name");
        if (user.equals("root")) {
            return Path.of("/run/hosta");
        }
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return runtime != null && !runtime.isEmpty()
                ? Path.of(runtime, "hosta")
                : Path.of(System.getProperty("java.io.tmpdir"), "hosta-" + user);
    }

    /** The folder. */
    public Path path() {
        return path;
    }

    /** Removes what stands in the folder beside the lock. */
    private void empty() {
        File[] files = path.toFile().listFiles((folder, name) -> !name.equals(LOCK));
        if (files != null) {
            for (File file : files) {
                if (!file.delete() && !Files.isSymbolicLink(file.toPath())) {
                    deleteFolder(file);
                }
            }
        }
    }

    /** One that holds files and links alone, such as that of a fork. */
    private static void deleteFolder(File folder) {
        File[] files = folder.listFiles();
        if (files != null) {
            for (File file : files) {
                file.delete();
            }
            folder.delete();
        }
    }

    /** Removes the folder and gives the name back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        empty();
        lock.close();
        // Not empty any more where the next VM of this name has come in between.
        path.toFile().delete();
    }
}
