package dev.hosta.migration;

import dev.hosta.migration.FrameStream.Frame;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The source's way to the destination: connects, says of which migration it speaks, and knows which
 * connection is open, so that a cancel can close it.
 *
 * <p>Threading: one thread connects; any closes.
 */
final class SourceConnection {
    /** A destination that lives may be busy with another connection, or not warm yet. */
    private static final long CHOICE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final MigrationAddress to;
    private final Optional<? extends Encryption> tls;
    private final String id;

    private final List<String> features;

    // Guarded by this object's monitor.
    private boolean packs;
    private Optional<FrameStream> open = Optional.empty();

    /**
     * A way that is not open yet.
     *
     * @param tls who this side is; empty for a plain connection
     * @param id of the migration
     */
    SourceConnection(MigrationAddress to, Optional<? extends Encryption> tls, String id) {
        this(to, tls, id, Compression.OFF);
    }

    /** As the other, where pages may be packed. */
    SourceConnection(
            MigrationAddress to,
            Optional<? extends Encryption> tls,
            String id,
            Compression compression) {
        this.features = compression == Compression.OFF ? List.of() : List.of(PagePacking.FEATURE);
        this.to = to;
        this.tls = tls;
        this.id = id;
    }

    /** Of the migration. */
    String id() {
        return id;
    }

    /**
     * Opens it; what was open before is not looked at any more.
     *
     * @throws MigrationException where the destination does not listen, or cannot speak with this
     *     build
     */
    FrameStream connect() {
        FrameStream stream = FrameStream.over(Link.connect(to, tls));
        synchronized (this) {
            open = Optional.of(stream);
        }
        offer(stream);
        return stream;
    }

    /** A connection beside the open one, which the caller closes. */
    FrameStream connectAside() {
        FrameStream stream = FrameStream.over(Link.connect(to, tls));
        try {
            offer(stream);
            return stream;
        } catch (MigrationException e) {
            stream.close();
            throw e;
        }
    }

    private void offer(FrameStream stream) {
        stream.send(
                FrameType.HELLO,
                Message.write(
                        new Message.Hello(
                                List.of(MigrationSource.VERSION),
                                features,
                                id,
                                tls.flatMap(by -> by.proof(id)))));
        Frame frame = Message.require(stream.receive(CHOICE_NANOS), FrameType.CHOICE);
        Message.Choice choice = Message.read(frame, Message.Choice.class);
        if (choice.version() != MigrationSource.VERSION
                || !features.containsAll(choice.features())) {
            throw new MigrationException("The peer chose what was not offered.");
        }
        synchronized (this) {
            packs = choice.features().contains(PagePacking.FEATURE);
        }
    }

    /** Whether the destination unpacks pages. */
    synchronized boolean packs() {
        return packs;
    }

    /** The connection that was opened last, open still or not. */
    synchronized Optional<FrameStream> open() {
        return open;
    }

    /** Closes it at once, which ends what waits on it. */
    void close() {
        open().ifPresent(FrameStream::close);
    }

    /** Closes it once the peer has had the time to read what was sent last. */
    void finish() {
        open().ifPresent(FrameStream::finish);
    }
}
