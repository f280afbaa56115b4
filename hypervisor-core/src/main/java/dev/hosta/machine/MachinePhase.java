package dev.hosta.machine;

/**
 * Where a machine is in its life.
 *
 * <pre>
 *   CREATED --start--&gt; RUNNING --pause--&gt; PAUSED
 *                      RUNNING &lt;--resume-- PAUSED
 *   any --close--&gt; CLOSED
 * </pre>
 */
public enum MachinePhase {
    /** Built, its vCPUs not yet started; state may be imported. */
    CREATED,
    /** Its vCPUs run guest code, or have ended by themselves. */
    RUNNING,
    /** Its vCPUs and devices stand still; state may be exported. */
    PAUSED,
    /** All it held of the host is given back. */
    CLOSED
}
