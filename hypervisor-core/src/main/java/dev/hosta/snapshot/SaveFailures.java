package dev.hosta.snapshot;

import dev.hosta.linux.Errno;
import dev.hosta.linux.LinuxException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** What goes wrong while a machine is written to files, as a line for the user. */
final class SaveFailures {
    private SaveFailures() {}

    /** Writes files. */
    @FunctionalInterface
    interface Writing {
        SaveReport write() throws IOException;
    }

    /**
     * Runs it.
     *
     * @param action what cannot be done where it fails: {@code "Cannot save vm1 to /x"}
     * @param needBytes how much may have to be written
     * @throws SaveException where the host fails, with the action and the reason
     * @throws CancellationException where {@code writing} was ended by that, with the action
     */
    static SaveReport explained(String action, long needBytes, Writing writing) {
        try {
            return writing.write();
        } catch (CancellationException e) {
            CancellationException said = new CancellationException(action + ": cancelled.");
            said.initCause(e);
            throw said;
        } catch (LinuxException e) {
            throw new SaveException(action + ": " + reason(e, needBytes), e);
        } catch (FileSystemException e) {
            throw new SaveException(action + ": " + reason(e) + " (" + e.getFile() + ").", e);
        } catch (IOException | UncheckedIOException e) {
            throw new SaveException(action + ": " + e.getMessage() + ".", e);
        }
    }

    private static String reason(LinuxException e, long needBytes) {
        return switch (e.errno()) {
            case Errno.ENOSPC ->
                    "no space is left there. Up to " + (needBytes >> 20) + "M are needed.";
            case Errno.EACCES, Errno.EPERM -> "permission denied.";
            case Errno.EROFS -> "the file system is read-only.";
            default -> e.call() + " failed, errno=" + Errno.describe(e.errno()) + ".";
        };
    }

    private static String reason(FileSystemException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException denied -> "permission denied";
            case java.nio.file.NoSuchFileException missing -> "no such file";
            default -> Optional.ofNullable(e.getReason()).orElse("refused by the file system");
        };
    }
}
