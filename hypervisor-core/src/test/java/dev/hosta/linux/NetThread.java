package dev.hosta.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A thread in a network namespace of its own, with all that it starts: nothing that a test does
 * with interfaces and addresses there reaches the host. Needs root; the test is skipped without.
 *
 * <p>It can also become the user nobody. Both are properties of a thread for the kernel.
 */
final class NetThread implements AutoCloseable {
    private static final int CLONE_NEWNS = 0x00020000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int SYS_SETGROUPS = 116;
    private static final int SYS_SETRESUID = 117;
    private static final int SYS_SETRESGID = 119;
    private static final int NOBODY = 65534;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    NetThread() throws Exception {
        boolean alone = call(() -> invoke("unshare", CLONE_NEWNET, 0, 0, 0) == 0);
        if (!alone) {
            thread.shutdown();
            System.out.println("SKIPPED: a network namespace of its own needs root");
        }
        Assumptions.assumeTrue(alone, "a network namespace of its own needs root");
        ip("link set lo up");
    }

    private static long invoke(String function, long a, long b, long c, long d) {
        return (int)
                DirectLibC.INVOKER.invokeN4(
                        DirectLibC.CONTEXTS[4], DirectLibC.symbol(function), a, b, c, d);
    }

    /** Lets everybody open /dev/net/tun, as a desktop does; for this thread's files alone. */
    void openTunToAll(Path folder) throws Exception {
        Path tun = folder.resolve("tun");
        call(
                () -> {
                    assertEquals(0, invoke("unshare", CLONE_NEWNS, 0, 0, 0));
                    run("mount --make-rprivate /");
                    run("mknod -m 666 " + tun + " c 10 200");
                    run("mount --bind " + tun + " /dev/net/tun");
                    return null;
                });
    }

    /** Gives up root and all rights, for good. */
    void becomeNobody() throws Exception {
        call(
                () -> {
                    assertEquals(0, invoke("syscall", SYS_SETGROUPS, 0, 0, 0));
                    assertEquals(0, invoke("syscall", SYS_SETRESGID, NOBODY, NOBODY, NOBODY));
                    assertEquals(0, invoke("syscall", SYS_SETRESUID, NOBODY, NOBODY, NOBODY));
                    return null;
                });
    }

    /** Runs it there. */
    <T> T call(Callable<T> action) throws Exception {
        try {
            return thread.submit(action).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Runs ip(8) there. */
    void ip(String arguments) throws Exception {
        call(
                () -> {
                    run("ip " + arguments);
                    return null;
                });
    }

    private static void run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), command + ": " + output);
    }

    /** The namespace goes with its last thread. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
