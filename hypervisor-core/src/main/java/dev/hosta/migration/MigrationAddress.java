package dev.hosta.migration;

import dev.hosta.machine.SpecException;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where a destination listens: {@code HOST:PORT}, {@code [IPV6]:PORT}, both also behind {@code
 * tcp:}, or {@code unix:PATH}.
 *
 * @param text as it was given
 * @param socket what it stands for; a host that is unknown is unresolved
 */
public record MigrationAddress(String text, SocketAddress socket) {
    private static final int CONNECT_MILLIS = (int) TimeUnit.SECONDS.toMillis(5);
    private static final int WAITING_CONNECTIONS = 16;
    private static final String TCP = "tcp:";
    private static final String UNIX = "unix:";

    /**
     * Reads an address.
     *
     * @throws SpecException where it is none
     */
    public static MigrationAddress parse(String text) {
        if (text.startsWith(UNIX) && text.length() > UNIX.length()) {
            Path path = Path.of(text.substring(UNIX.length())).toAbsolutePath();
            return new MigrationAddress(UNIX + path, UnixDomainSocketAddress.of(path));
        }
        String place = text.startsWith(TCP) ? text.substring(TCP.length()) : text;
        int colon = place.lastIndexOf(':');
        String host = colon < 1 ? "" : place.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        try {
            int port = Integer.parseInt(place.substring(colon + 1));
            if (!bare.isEmpty() && (bracketed || !bare.contains(":")) && port >= 0) {
                return new MigrationAddress(place, new InetSocketAddress(bare, port));
            }
        } catch (IllegalArgumentException e) {
            throw new SpecException(message(text), e);
        }
        throw new SpecException(message(text));
    }

    private static String message(String text) {
        return "An address is HOST:PORT, [IPV6]:PORT or unix:PATH: '" + text + "'.";
    }

    /** A socket's address, as {@link #parse} takes it. */
    static String text(SocketAddress address) {
        return switch (address) {
            case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address six ->
                    "[" + six.getHostAddress() + "]:" + inet.getPort();
            case InetSocketAddress inet ->
                    inet.getAddress().getHostAddress() + ":" + inet.getPort();
            default -> UNIX + address;
        };
    }

    /** Whether nobody but this host can be at the other end. */
    public boolean isLocal() {
        return switch (socket) {
            case InetSocketAddress inet -> {
                InetAddress host = inet.getAddress();
                yield host != null && host.isLoopbackAddress();
            }
            default -> true;
        };
    }

    /**
     * Passes the address on where what goes there is nobody else's to read.
     *
     * @param insecure whether the user accepts that it is
     * @param tls who this side is, if it is to be encrypted
     * @throws SpecException where it is not, and the user does not; or where TLS is of no use
     */
    public MigrationAddress requireSafe(boolean insecure, Optional<? extends Encryption> tls) {
        if (tls.isPresent() && !(socket instanceof InetSocketAddress)) {
            throw new SpecException(
                    "TLS is for HOST:PORT; a Unix socket has none to hide from: " + text + ".");
        }
        if (tls.isPresent() && insecure) {
            throw new SpecException("A migration is either encrypted or --insecure, not both.");
        }
        if (tls.isEmpty() && !insecure && !isLocal()) {
            throw new SpecException(
                    "A migration would not be encrypted: "
                            + text
                            + " is not of this host. Give --tls-dir with certificates, --pair there"
                            + " and --token here, or --insecure on a network that you trust.");
        }
        return this;
    }

    /** The host as it was called; a path has none. */
    String host() {
        return socket instanceof InetSocketAddress inet ? inet.getHostString() : "";
    }

    int port() {
        return socket instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    SocketChannel connect() {
        try {
            if (socket instanceof InetSocketAddress) {
                SocketChannel channel = SocketChannel.open();
                try {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    channel.socket().connect(socket, CONNECT_MILLIS);
                    return channel;
                } catch (IOException | IllegalArgumentException e) {
                    channel.close();
                    throw e;
                }
            }
            return SocketChannel.open(socket);
        } catch (IOException | UnresolvedAddressException e) {
            throw new MigrationException("Cannot reach " + text + ": " + e.getMessage() + ".", e);
        }
    }

    ServerSocketChannel listen() {
        try {
            ServerSocketChannel server =
                    socket instanceof InetSocketAddress
                            ? ServerSocketChannel.open()
                            : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                return server.bind(socket, WAITING_CONNECTIONS);
            } catch (IOException e) {
                server.close();
                throw e;
            }
        } catch (IOException | UnresolvedAddressException e) {
            throw new MigrationException(
                    "Cannot listen on " + text + ": " + e.getMessage() + ".", e);
        }
    }
}
