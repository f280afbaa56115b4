package dev.hosta.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * The signal that says that the terminal has another size: SIGWINCH.
 *
 * <p>Java takes signals by {@code sun.misc.Signal} of the module {@code jdk.unsupported} only,
 * exported for this use. It is looked up by name: javac warns of it whatever is asked, and warnings
 * fail the build.
 *
 * <p>Threading: the action runs on a thread of the JVM's.
 */
final class WindowChanges {
    private WindowChanges() {}

    /** Runs {@code action} at each change; false where this JVM cannot tell. */
    static boolean onEach(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object heard =
                    Proxy.newProxyInstance(
                            handler.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                if (method.getName().equals("handle")) {
                                    action.run();
                                }
                                return null;
                            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("WINCH"), heard);
            return true;
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException e) {
            return false;
        }
    }
}
