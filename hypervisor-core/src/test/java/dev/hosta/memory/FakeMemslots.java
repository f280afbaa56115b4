package dev.hosta.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Keeps slots by KVM's rules and refuses what KVM refuses; can be told to fail. */
final class FakeMemslots implements MemslotSink {
    record Slot(int flags, long gpa, long sizeBytes, long hva) {}

    final TreeMap<Integer, Slot> slots = new TreeMap<>();
    final List<String> calls = new ArrayList<>();
    private int callsUntilFailure = -1;
    private int failures;

    /** Lets {@code calls} calls succeed, then fails {@code failures} in a row. */
    void failAfter(int calls, int failures) {
        this.callsUntilFailure = calls;
        this.failures = failures;
    }

    @Override
    public void set(int slot, int flags, long gpa, long sizeBytes, long hva) {
        if (callsUntilFailure > 0) {
            callsUntilFailure--;
        } else if (callsUntilFailure == 0 && failures > 0) {
            failures--;
            throw new IllegalStateException("told to fail");
        }
        calls.add(
                sizeBytes == 0
                        ? "delete " + slot
                        : String.format("set %d %d 0x%x+0x%x", slot, flags, gpa, sizeBytes));
        Slot old = slots.get(slot);
        if (sizeBytes == 0) {
            require(old != null, "no such slot", slot);
            slots.remove(slot);
            return;
        }
        Slot now = new Slot(flags, gpa, sizeBytes, hva);
        if (old != null) {
            require(
                    new Slot(old.flags ^ Memslot.LOG_DIRTY, old.gpa, old.sizeBytes, old.hva)
                            .equals(now),
                    "only logging may change",
                    slot);
        }
        slots.forEach(
                (number, other) ->
                        require(
                                number == slot
                                        || other.gpa + other.sizeBytes <= gpa
                                        || gpa + sizeBytes <= other.gpa,
                                "overlaps " + number,
                                slot));
        slots.put(slot, now);
    }

    private static void require(boolean condition, String text, int slot) {
        if (!condition) {
            throw new AssertionError("slot " + slot + ": " + text);
        }
    }
}
