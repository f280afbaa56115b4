package dev.hosta.device.state;

import java.util.ArrayList;
import java.util.List;

/** A saved state that no machine can have been in; the file or stream it came from is refused. */
public final class InvalidStateException extends RuntimeException {
    /** Says which field, its value and what is allowed. */
    public InvalidStateException(String message) {
        super(message);
    }

    /**
     * Checks a number of a state record, for its canonical constructor.
     *
     * @param field what the number is, for the message
     * @param value the number
     * @param low the least that is allowed
     * @param high the most that is allowed
     * @throws InvalidStateException if the value is not in {@code low..high}
     */
    public static void requireRange(String field, long value, long low, long high) {
        if (value < low || value > high) {
            throw new InvalidStateException(
                    field + " must be " + low + ".." + high + ": value=" + value);
        }
    }

    /**
     * Checks a list of numbers of a state record, for its canonical constructor.
     *
     * @param field what the list is, for the message
     * @param values the list; may be null, or hold nulls, where it came from a file
     * @param leastSize the least length that is allowed
     * @param mostSize the greatest length that is allowed
     * @param high the most that an element may be; the least is 0
     * @return an immutable copy
     * @throws InvalidStateException if there is no list, or a length or an element is out of range
     */
    public static List<Integer> requireList(
            String field, List<Integer> values, int leastSize, int mostSize, int high) {
        if (values == null) {
            throw new InvalidStateException(field + " is missing");
        }
        List<Integer> copy = new ArrayList<>(values);
        requireRange(field + " size", copy.size(), leastSize, mostSize);
        for (Integer value : copy) {
            requireRange(field + " element", value == null ? -1 : value, 0, high);
        }
        return List.copyOf(copy);
    }
}
