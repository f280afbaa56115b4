package dev.hosta.device.legacy;

import java.time.LocalDateTime;

/**
 * A date and time as the cells of an MC146818 hold it, in the encodings that register B chooses.
 *
 * <p>Threading: none of its own; the clock holds its lock around every call.
 */
final class CmosTime {
    static final int SECONDS = 0x00;
    static final int MINUTES = 0x02;
    static final int HOURS = 0x04;
    static final int DAY_OF_WEEK = 0x06;
    static final int DAY_OF_MONTH = 0x07;
    static final int MONTH = 0x08;
    static final int YEAR = 0x09;

    /** Not the chip's: where PC firmware keeps the century, named by the FADT. */
    static final int CENTURY = 0x32;

    /** Register B: binary, not BCD. */
    static final int BINARY = 0x04;

    /** Register B: hours 0..23, not 1..12 with bit 7 for the afternoon. */
    static final int HOURS_24 = 0x02;

    private static final int AFTERNOON = 0x80;

    private CmosTime() {}

    static boolean isTime(int cell) {
        return switch (cell) {
            case SECONDS, MINUTES, HOURS, DAY_OF_WEEK, DAY_OF_MONTH, MONTH, YEAR, CENTURY -> true;
            default -> false;
        };
    }

    /** One cell of a time. */
    static int encode(LocalDateTime time, int cell, int statusB) {
        return switch (cell) {
            case SECONDS -> encode(time.getSecond(), statusB);
            case MINUTES -> encode(time.getMinute(), statusB);
            case HOURS -> encodeHour(time.getHour(), statusB);
            case DAY_OF_WEEK -> encode(time.getDayOfWeek().getValue() % 7 + 1, statusB);
            case DAY_OF_MONTH -> encode(time.getDayOfMonth(), statusB);
            case MONTH -> encode(time.getMonthValue(), statusB);
            case YEAR -> encode(Math.floorMod(time.getYear(), 100), statusB);
            case CENTURY -> encode(Math.floorMod(time.getYear() / 100, 100), statusB);
            default -> throw new IllegalArgumentException("Not a cell of the time: cell=" + cell);
        };
    }

    /**
     * The time that the cells hold. Values past their field's end carry over, as in the 61st
     * minute.
     */
    static LocalDateTime decode(int[] cells, int statusB) {
        int year = decode(cells[CENTURY], statusB) * 100 + decode(cells[YEAR], statusB);
        return LocalDateTime.of(year, 1, 1, 0, 0)
                .plusMonths(decode(cells[MONTH], statusB) - 1L)
                .plusDays(decode(cells[DAY_OF_MONTH], statusB) - 1L)
                .plusHours(decodeHour(cells[HOURS], statusB))
                .plusMinutes(decode(cells[MINUTES], statusB))
                .plusSeconds(decode(cells[SECONDS], statusB));
    }

    private static int encode(int value, int statusB) {
        return (statusB & BINARY) != 0 ? value : (value / 10) << 4 | value % 10;
    }

    private static int decode(int cell, int statusB) {
        return (statusB & BINARY) != 0 ? cell : (cell >> 4) * 10 + (cell & 0x0f);
    }

    private static int encodeHour(int hour, int statusB) {
        if ((statusB & HOURS_24) != 0) {
            return encode(hour, statusB);
        }
        int clockFace = hour % 12 == 0 ? 12 : hour % 12;
        return encode(clockFace, statusB) | (hour >= 12 ? AFTERNOON : 0);
    }

    private static int decodeHour(int cell, int statusB) {
        if ((statusB & HOURS_24) != 0) {
            return decode(cell, statusB);
        }
        int clockFace = decode(cell & ~AFTERNOON, statusB) % 12;
        return clockFace + ((cell & AFTERNOON) != 0 ? 12 : 0);
    }
}
