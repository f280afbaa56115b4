package dev.hosta.control;

import dev.hosta.control.http.HttpClient;
import dev.hosta.control.http.HttpException;
import dev.hosta.control.http.HttpResponse;
import dev.hosta.linux.Errno;
import dev.hosta.linux.LinuxException;
import dev.hosta.machine.RuntimeFolder;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The side of a VM's API that asks.
 *
 * <p>Threading: one thread.
 */
public final class ControlClient implements AutoCloseable {
    /** File of the API's socket in a VM's runtime folder. */
    public static final String SOCKET = "api.sock";

    /** File of the console's socket in a VM's runtime folder. */
    public static final String CONSOLE_SOCKET = "console.sock";

    private final String name;
    private final HttpClient http;

    private ControlClient(String name, HttpClient http) {
        this.name = name;
        this.http = http;
    }

    /**
     * Connects to a VM.
     *
     * @param patience how long a call may take; zero for ever
     * @throws ControlException where there is no VM of that name
     */
    public static ControlClient connect(String name, Duration patience) {
        return connect(name, RuntimeFolder.pathOf(name).resolve(SOCKET), patience);
    }

    /**
     * Connects to a socket.
     *
     * @param name of the VM behind it, for messages
     * @throws ControlException where nobody listens there
     */
    public static ControlClient connect(String name, Path socket, Duration patience) {
        try {
            return new ControlClient(name, HttpClient.connect(socket, patience));
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED) {
                throw new ControlException(
                        "There is no running VM '" + name + "'. 'hosta ps' shows them all.", e);
            }
            throw e;
        }
    }

    /**
     * Asks for something.
     *
     * @param call such as {@code vm.info}, with its query
     * @return the answer's JSON, as {@link Json} reads it
     * @throws ControlException where the call is refused, with its reason
     */
    public Map<?, ?> get(String call) {
        return object(call, call("GET", call, ""));
    }

    private Map<?, ?> object(String call, String answer) {
        if (Json.read(answer) instanceof Map<?, ?> map) {
            return map;
        }
        throw new ControlException("'" + name + "' answered " + call + " with no object.");
    }

    /**
     * Has something done.
     *
     * @param call such as {@code vm.pause}
     * @param body JSON; empty for none
     * @throws ControlException where the call is refused, with its reason
     */
    public void put(String call, String body) {
        call("PUT", call, body);
    }

    /**
     * Has something done that is answered.
     *
     * @param call such as {@code vm.suspend}
     * @param body JSON
     * @return the answer's JSON, as {@link Json} reads it
     * @throws ControlException where the call is refused, with its reason
     */
    public Map<?, ?> ask(String call, String body) {
        return object(call, call("PUT", call, body));
    }

    private String call(String method, String call, String body) {
        HttpResponse response;
        try {
            response = http.call(method, "/api/v1/" + call, body);
        } catch (IOException | HttpException e) {
            throw new ControlException("Lost '" + name + "': " + e.getMessage() + ".", e);
        }
        if (!response.isSuccess()) {
            throw new ControlException(
                    "'" + name + "' refused " + call + ": " + reason(response.body()),
                    response.status());
        }
        return response.body();
    }

    /** The sentences of an error, but the general one before them. */
    private static String reason(String body) {
        try {
            if (Json.read(body) instanceof List<?> list && !list.isEmpty()) {
                return list.stream()
                        .skip(list.size() > 1 ? 1 : 0)
                        .map(Object::toString)
                        .collect(Collectors.joining(" "));
            }
        } catch (IllegalArgumentException e) {
            return body;
        }
        return body;
    }

    @Override
    public void close() {
        http.close();
    }
}
