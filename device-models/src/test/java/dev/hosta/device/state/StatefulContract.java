package dev.hosta.device.state;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hosta.device.lifecycle.Device;

import org.junit.jupiter.api.Test;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What every device with a state keeps: save, change, restore gives an equal state; pause is
 * idempotent and stops changes; a state in which one field is impossible is refused.
 *
 * <p>A device's test class implements it and so runs these tests. The suite also checks its own
 * reach: the drives together move every field, and every field that can be broken is broken.
 *
 * @param <D> the device
 * @param <S> its newest state record
 */
public interface StatefulContract<D extends Device & Stateful<S>, S extends Record> {
    /** A device as after power-on. Clocks given to it stand still unless a drive moves them. */
    D newDevice();

    /**
     * What guests and hosts do to the device. Each changes the state of a new device; all of them
     * together change every field.
     */
    List<Consumer<D>> drives();

    /**
     * For each field that can hold an impossible value, by the field's name: attempts to make
     * states in which that field alone is wrong. Several keys may share a field as {@code
     * "field/what"}.
     */
    Map<String, Supplier<S>> brokenStates();

    /** What a reset leaves of {@code before}; everything is as new unless a device says other. */
    default S afterReset(S fresh, S before) {
        return fresh;
    }

    /** The state's type names the record that is exported. */
    @Test
    default void stateTypeNamesTheExportedRecord() {
        D device = newDevice();
        assertEquals(device.stateType().type(), device.exportState().getClass());
    }

    /** Save, change, restore: equal, on the same device and on a new one. */
    @Test
    default void importGivesBackWhatWasExported() {
        for (Consumer<D> drive : drives()) {
            D device = newDevice();
            S fresh = device.exportState();
            device.start();
            drive.accept(device);
            device.pause();
            S driven = device.exportState();
            assertNotEquals(fresh, driven);
            device.importState(fresh);
            assertEquals(fresh, device.exportState());
            device.importState(driven);
            assertEquals(driven, device.exportState());
            D other = newDevice();
            other.importState(driven);
            assertEquals(driven, other.exportState());
        }
    }

    /** A restored device goes on as the one that was saved would have. */
    @Test
    default void aRestoredDeviceGoesOnAsTheSavedOne() {
        for (Consumer<D> first : drives()) {
            for (Consumer<D> second : drives()) {
                D device = newDevice();
                first.accept(device);
                device.pause();
                S saved = device.exportState();
                device.resume();
                second.accept(device);
                device.pause();
                D restored = newDevice();
                restored.importState(saved);
                second.accept(restored);
                restored.pause();
                assertEquals(device.exportState(), restored.exportState());
            }
        }
    }

    /** Pausing, resuming and closing twice is as good as once, and a pause keeps the state. */
    @Test
    default void pauseResumeAndCloseAreIdempotent() {
        for (Consumer<D> drive : drives()) {
            D device = newDevice();
            device.start();
            drive.accept(device);
            device.pause();
            S paused = device.exportState();
            device.pause();
            assertEquals(paused, device.exportState());
            device.resume();
            device.resume();
            device.pause();
            assertEquals(paused, device.exportState());
            device.close();
            device.close();
        }
    }

    /** Reset gives the state after power-on, but for what the device says it keeps. */
    @Test
    default void resetGivesTheStateAfterPowerOn() {
        for (Consumer<D> drive : drives()) {
            D device = newDevice();
            S fresh = device.exportState();
            drive.accept(device);
            device.pause();
            S before = device.exportState();
            device.reset();
            assertEquals(afterReset(fresh, before), device.exportState());
        }
    }

    /** Each field broken in turn is refused. */
    @Test
    default void impossibleStatesAreRefused() {
        assertAll(
                brokenStates().entrySet().stream()
                        .map(
                                broken ->
                                        () ->
                                                assertThrows(
                                                        InvalidStateException.class,
                                                        () -> broken.getValue().get(),
                                                        broken.getKey())));
    }

    /** The drives move every field, and every field that is not a boolean is broken in turn. */
    @Test
    default void theSuiteReachesEveryField() throws ReflectiveOperationException {
        Set<String> broken = new HashSet<>();
        brokenStates().keySet().forEach(key -> broken.add(key.split("/", 2)[0]));
        List<String> unmoved = new ArrayList<>();
        List<String> unbroken = new ArrayList<>();
        RecordComponent[] fields = newDevice().stateType().type().getRecordComponents();
        for (RecordComponent field : fields) {
            boolean moved = false;
            for (Consumer<D> drive : drives()) {
                D device = newDevice();
                Object before = field.getAccessor().invoke(device.exportState());
                drive.accept(device);
                device.pause();
                moved |= !before.equals(field.getAccessor().invoke(device.exportState()));
            }
            if (!moved) {
                unmoved.add(field.getName());
            }
            if (field.getType() != boolean.class && !broken.remove(field.getName())) {
                unbroken.add(field.getName());
            }
        }
        assertTrue(unmoved.isEmpty(), "no drive moves " + unmoved);
        assertTrue(unbroken.isEmpty(), "no broken state for " + unbroken);
        assertTrue(broken.isEmpty(), broken + " not among " + Arrays.toString(fields));
        assertFalse(drives().isEmpty(), "no drives");
    }
}
