package dev.hosta.junit;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

import java.io.OutputStream;
import java.lang.reflect.AnnotatedElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Gives tests their guests, and takes them away.
 *
 * <p>Threading: any thread, as JUnit's parallel mode has it; what it knows of a test or a class is
 * in JUnit's store.
 */
final class GuestExtension
        implements ExecutionCondition,
                BeforeAllCallback,
                AfterAllCallback,
                ParameterResolver,
                AfterEachCallback {
    private static final Namespace OWN = Namespace.create(GuestExtension.class);

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return KvmPresence.evaluate();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Class<?> owner = context.getRequiredTestClass();
        if (AnnotationSupport.isAnnotated(owner, WarmGuest.class)) {
            String name = name(owner.getSimpleName(), context, "warm");
            WarmSource source =
                    new WarmSource(owner, () -> plan(annotations(classes(context)), name, context));
            store(context).put(owner, source);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Class<?> owner = context.getRequiredTestClass();
        Optional<WarmSource> source =
                Optional.ofNullable(store(context).remove(owner, WarmSource.class));
        source.ifPresent(WarmSource::close);
        source.flatMap(WarmSource::log).ifPresent(log -> publish(context, Map.of("warm-up", log)));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Guest.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (context.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException(
                    "A Guest belongs to one test: it can be a parameter of that, of @BeforeEach and"
                            + " @AfterEach, and of @WarmUp.");
        }
        int ordinal = 0;
        Class<?>[] types = parameter.getDeclaringExecutable().getParameterTypes();
        for (int i = 0; i < parameter.getIndex(); i++) {
            ordinal += types[i] == Guest.class ? 1 : 0;
        }
        return guest(ordinal, context);
    }

    private static Guest guest(int ordinal, ExtensionContext context) {
        Store store = store(context);
        String key = "guest " + ordinal;
        Guest known = store.get(key, Guest.class);
        if (known != null) {
            return known;
        }
        GuestList list = store.get(GuestList.class, GuestList.class);
        if (list == null) {
            list = new GuestList();
            // Closed by the store as well, where the test does not come to its end.
            store.put(GuestList.class, list);
        }
        String name = name(context.getRequiredTestMethod().getName(), context, "" + ordinal);
        GuestRun run;
        try {
            run = make(name, context);
        } catch (ParameterResolutionException e) {
            throw e;
        } catch (RuntimeException e) {
            throw Failures.unmade(e);
        }
        list.add(run);
        Guest guest = new Guest(run, list::add);
        store.put(key, guest);
        return guest;
    }

    /** Boots what the nearest annotation says, or forks it. */
    private static GuestRun make(String name, ExtensionContext context) {
        List<AnnotatedElement> elements = new ArrayList<>();
        elements.add(context.getRequiredTestMethod());
        elements.addAll(classes(context));
        for (AnnotatedElement element : elements) {
            if (AnnotationSupport.isAnnotated(element, WarmGuest.class)) {
                return store(context).get(element, WarmSource.class).frozen().twin(name);
            }
            if (AnnotationSupport.isAnnotated(element, GuestTest.class)) {
                break;
            }
        }
        return GuestRun.boot(plan(annotations(elements), name, context));
    }

    private static GuestPlan plan(List<GuestTest> said, String name, ExtensionContext context) {
        return GuestPlan.of(said, name, context::getConfigurationParameter);
    }

    /** The class of a test and those around it, from the inside. */
    private static List<Class<?>> classes(ExtensionContext context) {
        List<Class<?>> classes = new ArrayList<>(context.getEnclosingTestClasses());
        classes.add(context.getRequiredTestClass());
        return classes.reversed();
    }

    private static List<GuestTest> annotations(List<? extends AnnotatedElement> elements) {
        return elements.stream()
                .map(element -> AnnotationSupport.findAnnotation(element, GuestTest.class))
                .flatMap(Optional::stream)
                .toList();
    }

    /** A machine's name, no other one's in this process. */
    private static String name(String of, ExtensionContext context, String last) {
        String plain = of.replaceAll("[^A-Za-z0-9]", "");
        String begin = plain.isEmpty() ? "guest" : plain.substring(0, Math.min(24, plain.length()));
        return begin + "-" + Integer.toHexString(context.getUniqueId().hashCode()) + "-" + last;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        GuestList list = store(context).get(GuestList.class, GuestList.class);
        if (list == null) {
            return;
        }
        List<GuestRun> runs = list.all();
        list.close();
        SequencedMap<String, BoundedLog> logs = new LinkedHashMap<>();
        runs.forEach(run -> logs.put(run.name(), run.feed().kept()));
        publish(context, logs);
    }

    private static void publish(ExtensionContext context, Map<String, BoundedLog> logs) {
        if (logs.values().stream().allMatch(BoundedLog::isEmpty)) {
            return;
        }
        context.publishDirectory(
                "console",
                folder -> {
                    for (String name : logs.keySet()) {
                        Path file = folder.resolve(name + ".log");
                        try (OutputStream out = Files.newOutputStream(file)) {
                            logs.get(name).writeTo(out);
                        }
                    }
                });
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(OWN);
    }
}
