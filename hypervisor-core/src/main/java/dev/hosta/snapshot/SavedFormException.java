package dev.hosta.snapshot;

import java.nio.file.Path;

/**
 * A saved form that cannot be used, for one of four reasons. The message is one line for the user;
 * it names the file and says why.
 */
public abstract sealed class SavedFormException extends RuntimeException {
    private final transient Path file;

    private SavedFormException(Path file, String why, Throwable cause) {
        super("Cannot use " + file + ": " + why, cause);
        this.file = file;
    }

    /** The file or folder that is refused. */
    public Path file() {
        return file;
    }

    /** It is not what was written: cut short, altered, or mixed from two saved forms. */
    public static final class Corrupt extends SavedFormException {
        /** Says which file, and what is wrong with it, with a full stop. */
        public Corrupt(Path file, String why) {
            this(file, why, null);
        }

        /** As the other, with what it came from. */
        public Corrupt(Path file, String why, Throwable cause) {
            super(file, why, cause);
        }
    }

    /** It was written by a version of Hosta that is older than this build still reads. */
    public static final class TooOld extends SavedFormException {
        /** Says which file, and what in it is too old, with a full stop. */
        public TooOld(Path file, String why) {
            super(file, why, null);
        }
    }

    /** It was written by a version of Hosta that is newer than this build. */
    public static final class TooNew extends SavedFormException {
        /** Says which file, and what in it is too new, with a full stop. */
        public TooNew(Path file, String why) {
            super(file, why, null);
        }
    }

    /** It is whole, but of a machine that cannot go on here: another CPU, other disks. */
    public static final class Incompatible extends SavedFormException {
        /** Says which file, and what does not fit, with a full stop. */
        public Incompatible(Path file, String why) {
            this(file, why, null);
        }

        /** As the other, with what it came from. */
        public Incompatible(Path file, String why, Throwable cause) {
            super(file, why, cause);
        }
    }
}
