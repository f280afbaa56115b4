package dev.hosta.device.state;

/**
 * Something whose state can be taken out and put back.
 *
 * <p>Contract, kept by {@code StatefulContract} in the tests: export, change, import gives an equal
 * export; import of a state that cannot be throws {@link InvalidStateException} and changes
 * nothing.
 *
 * @param <T> the newest version's record
 */
public interface Stateful<T extends Record> {
    /** Kind and version of what {@link #exportState} gives. */
    StateType<T> stateType();

    /** A copy of the state; only while paused. */
    T exportState();

    /** Takes over a state; only while paused or before start. */
    void importState(T state);
}
