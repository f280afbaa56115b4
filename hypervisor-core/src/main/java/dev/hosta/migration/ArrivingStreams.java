package dev.hosta.migration;

import dev.hosta.linux.HostThread;
import dev.hosta.migration.FrameStream.Frame;
import dev.hosta.migration.Listener.Opened;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The connections by which pages come, side by side, into RAM. The failure of any of them is the
 * failure of all.
 *
 * <p>Threading: one thread calls; each stream but the first has one of its own, and none of them
 * touches RAM once {@link #await} or {@link #close} is back.
 */
final class ArrivingStreams implements AutoCloseable {
    private static final long JOIN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long FRAME_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final FrameStream first;
    private final boolean packed;
    private final PageSums sums;
    private final List<One> all = new ArrayList<>();

    // Guarded by this object's monitor.
    private Optional<MigrationException> failure = Optional.empty();
    private boolean over;

    /** One connection, and what comes by it. */
    private final class One {
        private final FrameStream stream;
        private final PageReceiver pages;
        private long came;

        // Guarded by the outer object's monitor.
        private int rounds;

        // Guarded by this object's monitor, which is held while a frame goes into RAM.
        private boolean closed;

        One(FrameStream stream, PageReceiver pages) {
            this.stream = stream;
            this.pages = pages;
        }

        /** Takes pages; gives the first frame that is something else. */
        Frame next() {
            while (true) {
                Frame frame = stream.receive(FRAME_NANOS);
                if (!take(frame)) {
                    return frame;
                }
            }
        }

        private synchronized boolean take(Frame frame) {
            if (closed) {
                throw new MigrationException("Pages came when there were no more to come.");
            }
            switch (frame.type()) {
                case PAGES, PACKED -> came += pages.pages(frame.header());
                case ZEROS -> pages.zeros(frame);
                case ROUND -> answer(Message.read(frame, Message.Round.class));
                default -> {
                    return false;
                }
            }
            return true;
        }

        private void answer(Message.Round round) {
            Message.Round answer = new Message.Round(round.number(), came, pages.damaged());
            stream.send(FrameType.ROUND, Message.write(answer));
            came = 0;
            ended(this);
        }

        synchronized void end() {
            closed = true;
        }

        /** Of a stream that is not the first. */
        void run() {
            try {
                Frame frame = next();
                Message.require(frame, FrameType.PAGES);
            } catch (MigrationException e) {
                fail(e);
            } finally {
                stream.close();
            }
        }
    }

    /**
     * The first of them.
     *
     * @param stream the caller's to close
     * @param ram native memory of whole pages, all zeros
     * @param streams how many there are to be
     * @param packed whether pages may be packed
     */
    ArrivingStreams(FrameStream stream, MemorySegment ram, int streams, boolean packed) {
        this.packed = packed;
        sums = new PageSums(ram.byteSize() >>> PageFrame.PAGE_SHIFT);
        first = stream;
        all.add(one(stream, ram, new Stripes(0, streams)));
    }

    /**
     * Takes the others.
     *
     * @throws MigrationException where they do not come in time
     */
    void join(Listener listener, String id, MemorySegment ram, int streams) {
        long deadline = System.nanoTime() + JOIN_NANOS;
        One[] joined = new One[streams];
        for (int left = streams - 1; left > 0; left--) {
            Opened opened = listener.next(id, deadline);
            try {
                Frame frame = Message.require(opened.first(), FrameType.JOIN);
                int number = Message.read(frame, Message.Join.class).stream();
                if (number < 1 || number >= streams || joined[number] != null) {
                    throw new MigrationException("The peer joined a stream that is none.");
                }
                Stripes stripes = new Stripes(number, streams);
                One one = one(opened.stream(), ram, stripes);
                joined[number] = one;
                all.add(one);
            } catch (MigrationException e) {
                Listener.refuse(opened.stream(), e);
                throw e;
            }
        }
        for (One one : all.subList(1, all.size())) {
            Thread thread =
                    Thread.ofPlatform().daemon().name("migration-stream").unstarted(one::run);
            HostThread.start(thread);
        }
    }

    private One one(FrameStream stream, MemorySegment ram, Stripes stripes) {
        return new One(stream, new PageReceiver(stream, ram, stripes, sums.beside(), packed));
    }

    private synchronized void ended(One one) {
        one.rounds++;
        notifyAll();
    }

    private synchronized void fail(MigrationException e) {
        if (!over && failure.isEmpty()) {
            failure = Optional.of(e);
            notifyAll();
            first.close();
        }
    }

    /**
     * Takes pages until the source sends something else on the first stream.
     *
     * @throws MigrationException where any of the streams fails
     */
    Frame receive() {
        try {
            return all.getFirst().next();
        } catch (MigrationException e) {
            synchronized (this) {
                throw failure.orElse(e);
            }
        }
    }

    /**
     * Waits until all that was sent before the first stream's last round has come on all of them;
     * nothing is taken afterwards.
     *
     * @throws MigrationException where a stream fails, or a page came damaged, or all of them are
     *     not what was sent
     */
    void await(long digest) {
        awaitRound();
        long sum = 0;
        for (One one : all) {
            one.end();
            if (!one.pages.damaged().isEmpty()) {
                throw other();
            }
            sum += one.pages.digest();
        }
        if (sum != digest) {
            throw other();
        }
    }

    private static MigrationException other() {
        return new MigrationException("The memory that came is not what was sent.");
    }

    private synchronized void awaitRound() {
        int wanted = all.getFirst().rounds;
        long deadline = System.nanoTime() + FRAME_NANOS;
        try {
            while (all.stream().anyMatch(one -> one.rounds < wanted) && failure.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new MigrationException("The peer left a round unfinished.");
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException("The migration was interrupted.", e);
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        over = true;
    }

    /**
     * Nothing is taken any more. The connections stay until the source has read its answers, unless
     * this was the end before all had come.
     */
    @Override
    public void close() {
        boolean complete;
        synchronized (this) {
            complete = over;
            over = true;
        }
        for (One one : all) {
            if (!complete && one != all.getFirst()) {
                one.stream.close();
            }
            one.end();
        }
        sums.close();
    }
}
