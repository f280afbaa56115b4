import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Label;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.InvokeDynamicEntry;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rewrites a {@code switch} over types to a chain of {@code instanceof} in a method of its class.
 *
 * <p>javac leaves the chain to {@code SwitchBootstraps.typeSwitch}, which makes a class for each
 * such switch when it is first reached: 2 to 5 ms each on the way to a guest's first byte, and
 * nothing that the JVM's archive could hold. The source stays as it is.
 */
final class TypeSwitches {
    private static final String BOOTSTRAP = "java/lang/runtime/SwitchBootstraps";

    /** The switches found, and the methods that they become. */
    private final Map<InvokeDynamicEntry, String> methods = new LinkedHashMap<>();

    private final ClassModel model;

    private TypeSwitches(ClassModel model) {
        this.model = model;
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof InvokeDynamicEntry call && isOverTypes(call)) {
                methods.put(call, "typeSwitch$" + methods.size());
            }
        }
    }

    /** What rewrites this class; empty where it has no such switch. */
    static Optional<ClassTransform> unfold(ClassModel model) {
        TypeSwitches switches = new TypeSwitches(model);
        return switches.methods.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        ClassTransform.transformingMethodBodies(switches::call)
                                .andThen(ClassTransform.endHandler(switches::addMethods)));
    }

    /** Whether all labels are classes: others (constants, enums) stay with the bootstrap. */
    private static boolean isOverTypes(InvokeDynamicEntry call) {
        var method = call.bootstrap().bootstrapMethod().reference();
        return method.owner().name().equalsString(BOOTSTRAP)
                && method.name().equalsString("typeSwitch")
                && call.bootstrap().arguments().stream().allMatch(ClassEntry.class::isInstance);
    }

    private void call(CodeBuilder code, CodeElement element) {
        if (element instanceof InvokeDynamicInstruction dynamic
                && methods.containsKey(dynamic.invokedynamic())) {
            InvokeDynamicEntry call = dynamic.invokedynamic();
            code.invokestatic(
                    model.thisClass().asSymbol(),
                    methods.get(call),
                    call.typeSymbol(),
                    isInterface());
        } else {
            code.with(element);
        }
    }

    private boolean isInterface() {
        return model.flags().has(java.lang.reflect.AccessFlag.INTERFACE);
    }

    private void addMethods(ClassBuilder builder) {
        int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
        methods.forEach(
                (call, name) -> {
                    MethodTypeDesc type = call.typeSymbol();
                    List<ClassEntry> labels = new ArrayList<>();
                    for (LoadableConstantEntry label : call.bootstrap().arguments()) {
                        labels.add((ClassEntry) label);
                    }
                    builder.withMethodBody(name, type, flags, code -> body(code, labels));
                });
    }

    /**
     * As typeSwitch is specified: -1 for null, else the first label from the second argument on
     * that fits the first, else the number of labels.
     */
    private static void body(CodeBuilder code, List<ClassEntry> labels) {
        Label some = code.newLabel();
        code.aload(0).ifnonnull(some).iconst_m1().ireturn().labelBinding(some);
        for (int i = 0; i < labels.size(); i++) {
            Label next = code.newLabel();
            code.iload(1).loadConstant(i).if_icmpgt(next);
            code.aload(0).instanceOf(labels.get(i)).ifeq(next);
            code.loadConstant(i).ireturn().labelBinding(next);
        }
        code.loadConstant(labels.size()).ireturn();
    }
}
