package dev.hosta.junit;

import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The warm guest of one test class: booted for the first test that asks, frozen, and kept until the
 * class is over. Where that fails it fails once, and every test with the same line.
 *
 * <p>Threading: any thread; who comes while it boots waits.
 */
final class WarmSource implements AutoCloseable {
    private final Class<?> owner;
    private final Supplier<GuestPlan> plan;

    // Guarded by this object's monitor.
    private Optional<FrozenGuest> frozen = Optional.empty();
    private Optional<String> failure = Optional.empty();
    private Optional<BoundedLog> log = Optional.empty();

    /**
     * Not booted yet.
     *
     * @param owner the class with {@link WarmGuest}
     */
    WarmSource(Class<?> owner, Supplier<GuestPlan> plan) {
        this.owner = owner;
        this.plan = plan;
    }

    /** The guest that all go on from. */
    synchronized FrozenGuest frozen() {
        if (failure.isPresent()) {
            throw new ParameterResolutionException(failure.get());
        }
        if (frozen.isEmpty()) {
            boolean done = false;
            try {
                frozen = Optional.of(warmUp());
                done = true;
            } catch (RuntimeException | AssertionError e) {
                failure = Optional.of("The warm guest did not come up: " + e.getMessage());
                throw new ParameterResolutionException(failure.get(), e);
            } finally {
                if (!done && failure.isEmpty()) {
                    failure = Optional.of("The warm guest did not come up.");
                }
            }
        }
        return frozen.get();
    }

    private FrozenGuest warmUp() {
        Optional<Method> warming = method();
        String until =
                AnnotationSupport.findAnnotation(owner, WarmGuest.class).orElseThrow().until();
        try (GuestRun run = GuestRun.boot(plan.get());
                GuestList forks = new GuestList()) {
            log = Optional.of(run.feed().kept());
            Guest guest = new Guest(run, forks::add);
            if (!until.isEmpty()) {
                guest.console().expect(until);
            }
            warming.ifPresent(method -> ReflectionSupport.invokeMethod(method, null, guest));
            guest.pause();
            return run.asked("freeze", vm -> FrozenGuest.of(run, vm));
        }
    }

    private Optional<Method> method() {
        List<Method> found =
                AnnotationSupport.findAnnotatedMethods(
                        owner, WarmUp.class, HierarchyTraversalMode.TOP_DOWN);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Method method = found.getFirst();
        boolean right =
                found.size() == 1
                        && Modifier.isStatic(method.getModifiers())
                        && List.of(method.getParameterTypes()).equals(List.of(Guest.class));
        if (!right) {
            throw new ParameterResolutionException(
                    "A class has one method with @WarmUp, static, with one Guest as parameter: "
                            + owner.getName()
                            + "."
                            + method.getName()
                            + ".");
        }
        return Optional.of(method);
    }

    /** What the guest said until it was frozen; empty where it was not booted. */
    synchronized Optional<BoundedLog> log() {
        return log;
    }

    @Override
    public synchronized void close() {
        frozen.ifPresent(FrozenGuest::close);
        frozen = Optional.empty();
    }
}
