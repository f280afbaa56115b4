package dev.hosta.device.backend;

/**
 * Something that can be looked at, for a while, instead of sleeping until one is told: a queue that
 * a driver fills, a ring of results.
 *
 * <p>Being told costs both sides a system call or an exit, and a sleeping thread takes some ten
 * microseconds to wake. Where the next event is nearer than that, looking is cheaper.
 *
 * <p>Threading: all methods on the device's thread.
 */
public interface Polled {
    /** Whether anything can happen here; while not, nobody needs to look. */
    boolean isExpecting();

    /** Whether {@link #serve} has something to do. Cheap: a few loads, no system call. */
    boolean isReady();

    /** Does what there is to do. */
    void serve();

    /** Looking begins: until {@link #end}, nobody needs to tell. */
    void begin();

    /** Looking ends: whatever becomes ready from here on is told, or is ready already. */
    void end();
}
