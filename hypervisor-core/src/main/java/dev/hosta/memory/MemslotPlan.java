package dev.hosta.memory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The shortest way from the slots that a sink holds to those that it should hold.
 *
 * <p>A slot that stays is not touched; one that only gains or loses {@link Memslot#LOG_DIRTY} is
 * set once more, in place, which a running guest does not notice; any other difference is a delete
 * and a create, for KVM allows nothing else. All deletes come first, so that no create overlaps;
 * creates take the lowest numbers that are free then.
 *
 * <p>Threading: immutable.
 *
 * @param steps in the order in which they must happen
 */
record MemslotPlan(List<Step> steps) {
    /** One call of the sink. */
    sealed interface Step {
        /** Does it; {@code held} follows what the sink holds. */
        void apply(MemslotSink sink, Map<Integer, Memslot> held);

        /** The step that takes it back. */
        Step inverse();
    }

    /** Takes a slot away. */
    record Delete(Memslot slot) implements Step {
        @Override
        public void apply(MemslotSink sink, Map<Integer, Memslot> held) {
            sink.set(slot.slot(), 0, slot.gpa(), 0, slot.hva());
            held.remove(slot.slot());
        }

        @Override
        public Step inverse() {
            return new Create(slot);
        }
    }

    /** Makes a slot where none is. */
    record Create(Memslot slot) implements Step {
        @Override
        public void apply(MemslotSink sink, Map<Integer, Memslot> held) {
            sink.set(slot.slot(), slot.flags(), slot.gpa(), slot.sizeBytes(), slot.hva());
            held.put(slot.slot(), slot);
        }

        @Override
        public Step inverse() {
            return new Delete(slot);
        }
    }

    /** Turns dirty logging of a slot on or off. */
    record Reflag(Memslot before, Memslot after) implements Step {
        @Override
        public void apply(MemslotSink sink, Map<Integer, Memslot> held) {
            new Create(after).apply(sink, held);
        }

        @Override
        public Step inverse() {
            return new Reflag(after, before);
        }
    }

    /**
     * Plans a change.
     *
     * @param held what the sink holds
     * @param wanted what it should hold, by gpa; their numbers do not matter
     */
    static MemslotPlan between(Iterable<Memslot> held, List<Memslot> wanted) {
        Map<Long, Memslot> wantedByGpa =
                wanted.stream()
                        .collect(Collectors.toMap(Memslot::gpa, s -> s, (a, b) -> a, TreeMap::new));
        List<Step> steps = new ArrayList<>();
        List<Step> reflags = new ArrayList<>();
        BitSet numbers = new BitSet();
        for (Memslot old : held) {
            Memslot now = wantedByGpa.get(old.gpa());
            if (now == null || !old.sameButLogging(now)) {
                steps.add(new Delete(old));
                continue;
            }
            wantedByGpa.remove(old.gpa());
            numbers.set(old.slot());
            if (!old.sameContent(now)) {
                reflags.add(new Reflag(old, now.numbered(old.slot())));
            }
        }
        for (Memslot now : wantedByGpa.values()) {
            int slot = numbers.nextClearBit(0);
            numbers.set(slot);
            steps.add(new Create(now.numbered(slot)));
        }
        steps.addAll(reflags);
        return new MemslotPlan(List.copyOf(steps));
    }
}
