package dev.hosta.migration;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * The connections by which pages go, side by side: the migration's first one, and as many more as
 * were agreed on. A round is over when it is over on all of them.
 *
 * <p>Threading: one thread calls; each stream but the first has one of its own.
 */
final class SendingStreams implements AutoCloseable {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** One connection, and what goes by it. */
    private static final class One {
        private final FrameStream stream;
        private final PageSender pages;
        private long confirmedPages;
        private long roundPages;

        One(FrameStream stream, PageSender pages) {
            this.stream = stream;
            this.pages = pages;
        }

        void endRound(int number) {
            roundPages = pages.sentPages() - confirmedPages;
            confirmedPages = pages.sentPages();
            Message.Round round = new Message.Round(number, roundPages, List.of());
            stream.send(FrameType.ROUND, Message.write(round));
        }

        List<Long> confirm(int number) {
            FrameStream.Frame frame =
                    Message.require(stream.receive(ANSWER_NANOS), FrameType.ROUND);
            Message.Round answer = Message.read(frame, Message.Round.class);
            if (answer.number() != number || answer.sentPages() != roundPages) {
                throw new MigrationException("The other side counts other pages than were sent.");
            }
            return answer.damaged();
        }
    }

    private final PageSums sums;
    private final List<One> all = new ArrayList<>();
    private final ExecutorService others =
            Executors.newCachedThreadPool(
                    task -> Thread.ofPlatform().daemon().name("migration-stream").unstarted(task));

    /**
     * Joins the streams to the first one.
     *
     * @param first of the migration; the caller's to close
     * @param ram native memory of whole pages
     * @throws MigrationException where the destination does not take them all
     */
    SendingStreams(
            FrameStream first,
            SourceConnection connection,
            MemorySegment ram,
            MigrationOptions options,
            MigrationProgress progress) {
        sums = new PageSums(ram.byteSize() >>> PageFrame.PAGE_SHIFT);
        int count = options.transport().streams();
        long rate = Math.ceilDiv(options.bytesPerSecond(), count);
        Compression compression =
                connection.packs() ? options.transport().compression() : Compression.OFF;
        try {
            for (int number = 0; number < count; number++) {
                FrameStream stream = number == 0 ? first : join(connection, number);
                Stripes stripes = new Stripes(number, count);
                all.add(
                        new One(
                                stream,
                                new PageSender(
                                        stream,
                                        ram,
                                        stripes,
                                        sums.beside(),
                                        compression,
                                        rate,
                                        progress)));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static FrameStream join(SourceConnection connection, int number) {
        FrameStream stream = connection.connectAside();
        try {
            stream.send(FrameType.JOIN, Message.write(new Message.Join(number)));
            return stream;
        } catch (MigrationException e) {
            stream.close();
            throw e;
        }
    }

    /** From now on without a limit. */
    void hurry() {
        all.forEach(one -> one.pages.hurry());
    }

    /**
     * Sends the pages whose bit is set, and the end of the round.
     *
     * @param words bit {@code n % 64} of word {@code n / 64} is page n
     * @param round its number
     * @param check called now and then; throws to end it
     */
    void send(long[] words, int round, Runnable check) {
        List<Future<?>> under = new ArrayList<>();
        for (One one : all.subList(1, all.size())) {
            under.add(others.submit(() -> send(one, words, round, check)));
        }
        try {
            send(all.getFirst(), words, round, check);
            for (Future<?> one : under) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MigrationException m
                    ? m
                    : new MigrationException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException("The migration was interrupted.", e);
        }
    }

    private static void send(One one, long[] words, int round, Runnable check) {
        one.pages.send(words, check);
        one.endRound(round);
    }

    /**
     * Waits for the answers to a round.
     *
     * @return the pages that came damaged
     */
    List<Long> confirm(int round) {
        List<Long> damaged = new ArrayList<>();
        for (One one : all) {
            damaged.addAll(one.confirm(round));
        }
        return damaged;
    }

    /** Pages that were sent with their content, since the start. */
    long sentPages() {
        return sum(PageSender::sentPages);
    }

    /** Pages that were found to be zero, since the start. */
    long zeroPages() {
        return sum(PageSender::zeroPages);
    }

    /** Of all that was sent. */
    long digest() {
        return sum(PageSender::digest);
    }

    private long sum(ToLongFunction<PageSender> of) {
        return all.stream().mapToLong(one -> of.applyAsLong(one.pages)).sum();
    }

    /** Closes all but the first connection, and waits until nobody reads RAM for them. */
    @Override
    public void close() {
        all.stream().skip(1).forEach(one -> one.stream.close());
        others.close();
        sums.close();
    }
}
