package dev.hosta.control.http;

import java.time.Duration;

/**
 * How long a client may take; it may come again.
 *
 * @param idle without a byte from it, or with none taken by it
 * @param request from the first byte of a request to its last
 */
record ConnectionLimits(Duration idle, Duration request) {
    /** What every server has, tests apart. */
    static final ConnectionLimits USUAL =
            new ConnectionLimits(Duration.ofSeconds(30), Duration.ofSeconds(30));
}
