package dev.hosta.architecture;

import java.util.List;

/**
 * What the rules look at in one Java file.
 *
 * @param path where it is, from the project's root
 * @param packageName its package
 * @param production whether it is under {@code src/main}, so that all rules hold
 * @param references names of types and packages outside its own that it imports or writes out
 * @param typeNames simple names of the types it declares, nested ones included
 * @param undocumented public and protected declarations without a doc comment
 * @param lineCount lines in the file
 */
record SourceFile(
        String path,
        String packageName,
        boolean production,
        List<Reference> references,
        List<String> typeNames,
        List<Reference> undocumented,
        int lineCount) {
    /**
     * A name in the file.
     *
     * @param name as written, e.g. {@code dev.hosta.kvm.Kvm} or {@code dev.hosta.kvm.*}
     * @param line where, from 1
     */
    record Reference(String name, long line) {
        /** The package part: all before the first segment with a capital. */
        String packageName() {
            StringBuilder found = new StringBuilder();
            for (String segment : name.split("\\.")) {
                if (segment.equals("*") || Character.isUpperCase(segment.charAt(0))) {
                    break;
                }
                found.append(found.isEmpty() ? "" : ".").append(segment);
            }
            return found.toString();
        }
    }

    /** The file's name without its folder and {@code .java}. */
    String simpleName() {
        return path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.java$", "");
    }
}
