package dev.hosta.architecture;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.PackageTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreeScanner;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.lang.model.element.Modifier;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Reads {@link SourceFile}s with the JDK's compiler, which parses them and goes no further. */
final class SourceParser {
    /** Roots of package names; a dotted name that starts otherwise is a variable's field. */
    private static final Set<String> ROOTS =
            Set.of("dev", "com", "org", "net", "io", "jnr", "picocli", "java", "javax", "jdk");

    private final CompilationUnitTree unit;
    private final DocTrees docs;
    private final List<SourceFile.Reference> references = new ArrayList<>();
    private final List<String> typeNames = new ArrayList<>();
    private final List<SourceFile.Reference> undocumented = new ArrayList<>();

    private SourceParser(CompilationUnitTree unit, DocTrees docs) {
        this.unit = unit;
        this.docs = docs;
    }

    /**
     * Parses files.
     *
     * @param sources their texts by their paths from the project's root, with slashes
     */
    static List<SourceFile> parse(Map<String, String> sources) {
        List<InMemory> files = new ArrayList<>();
        sources.forEach((path, source) -> files.add(new InMemory(path, source)));
        JavacTask task =
                (JavacTask)
                        ToolProvider.getSystemJavaCompiler()
                                .getTask(null, null, null, null, null, files);
        List<SourceFile> parsed = new ArrayList<>();
        try {
            for (CompilationUnitTree unit : task.parse()) {
                String path = unit.getSourceFile().toUri().getPath().substring(1);
                SourceParser parser = new SourceParser(unit, DocTrees.instance(task));
                parsed.add(parser.read(path, sources.get(path)));
            }
        } catch (IOException impossible) {
            throw new IllegalStateException("Cannot parse " + sources.keySet(), impossible);
        }
        return parsed;
    }

    private SourceFile read(String path, String source) {
        readNames();
        readDocs();
        return new SourceFile(
                path,
                unit.getPackageName() == null ? "" : unit.getPackageName().toString(),
                path.contains("/src/main/"),
                references,
                typeNames,
                undocumented,
                (int) source.lines().count());
    }

    private void readNames() {
        new TreeScanner<Void, Void>() {
            @Override
            public Void visitPackage(PackageTree tree, Void nothing) {
                return null;
            }

            @Override
            public Void visitImport(ImportTree tree, Void nothing) {
                add(tree.getQualifiedIdentifier().toString(), tree);
                return null;
            }

            @Override
            public Void visitMemberSelect(MemberSelectTree tree, Void nothing) {
                String name = tree.toString();
                if (isQualifiedName(tree)) {
                    add(name, tree);
                    return null;
                }
                return super.visitMemberSelect(tree, nothing);
            }

            @Override
            public Void visitClass(ClassTree tree, Void nothing) {
                if (!tree.getSimpleName().isEmpty()) {
                    typeNames.add(tree.getSimpleName().toString());
                }
                return super.visitClass(tree, nothing);
            }

            private void add(String name, Tree tree) {
                references.add(new SourceFile.Reference(name, line(tree)));
            }
        }.scan(unit, null);
    }

    /** Whether a dotted name is plain identifiers from a known root through a package to a type. */
    private static boolean isQualifiedName(MemberSelectTree tree) {
        boolean type = isCapital(tree);
        MemberSelectTree first = tree;
        while (first.getExpression() instanceof MemberSelectTree select) {
            type |= isCapital(select);
            first = select;
        }
        if (!type || !(first.getExpression() instanceof IdentifierTree)) {
            return false;
        }
        String root = first.getExpression().toString();
        return ROOTS.contains(root) && (!isCapital(first) || root.equals("picocli"));
    }

    private static boolean isCapital(MemberSelectTree tree) {
        return Character.isUpperCase(tree.getIdentifier().charAt(0));
    }

    private void readDocs() {
        TreePath top = new TreePath(unit);
        for (Tree tree : unit.getTypeDecls()) {
            if (tree instanceof ClassTree type) {
                readDocs(type, new TreePath(top, type), false);
            }
        }
    }

    private void readDocs(ClassTree type, TreePath path, boolean inInterface) {
        if (!isVisible(type.getModifiers(), inInterface)) {
            return;
        }
        requireDoc(type.getSimpleName().toString(), path);
        boolean isInterface =
                type.getKind() == Tree.Kind.INTERFACE
                        || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
        Set<String> components = components(type);
        for (Tree member : type.getMembers()) {
            TreePath memberPath = new TreePath(path, member);
            if (member instanceof ClassTree nested) {
                readDocs(nested, memberPath, isInterface);
            } else if (member instanceof MethodTree method
                    && isVisible(method.getModifiers(), isInterface)
                    && !isOverride(method)
                    && !isAccessor(method, components)) {
                requireDoc(type.getSimpleName() + "." + method.getName(), memberPath);
            }
        }
    }

    private void requireDoc(String name, TreePath path) {
        String doc = docs.getDocComment(path);
        if (doc == null || doc.isBlank()) {
            undocumented.add(new SourceFile.Reference(name, line(path.getLeaf())));
        }
    }

    private static boolean isVisible(ModifiersTree modifiers, boolean inInterface) {
        Set<Modifier> flags = modifiers.getFlags();
        return flags.contains(Modifier.PUBLIC)
                || flags.contains(Modifier.PROTECTED)
                || (inInterface && !flags.contains(Modifier.PRIVATE));
    }

    private static boolean isOverride(MethodTree method) {
        return method.getModifiers().getAnnotations().stream()
                .anyMatch(a -> a.getAnnotationType().toString().endsWith("Override"));
    }

    private static boolean isAccessor(MethodTree method, Set<String> components) {
        return method.getParameters().isEmpty() && components.contains(method.getName().toString());
    }

    private static Set<String> components(ClassTree type) {
        Set<String> names = new HashSet<>();
        if (type.getKind() == Tree.Kind.RECORD) {
            for (Tree member : type.getMembers()) {
                if (member instanceof VariableTree field
                        && !field.getModifiers().getFlags().contains(Modifier.STATIC)) {
                    names.add(field.getName().toString());
                }
            }
        }
        return names;
    }

    private long line(Tree tree) {
        long start = docs.getSourcePositions().getStartPosition(unit, tree);
        return unit.getLineMap().getLineNumber(start);
    }

    private static final class InMemory extends SimpleJavaFileObject {
        private final String source;

        InMemory(String path, String source) {
            super(URI.create("source:///" + path), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
        }
    }
}
