/**
 * Guests in tests: an extension of JUnit that boots a guest in the test's own process, talks to it,
 * judges it, and leaves nothing of it behind.
 *
 * <p>Start at {@link dev.hosta.junit.GuestTest}, which says what machine a test has, and {@link
 * dev.hosta.junit.Guest}, the parameter by which a test drives it; {@link
 * dev.hosta.junit.WarmGuest} boots once for many tests.
 *
 * <p>JUnit's API is an optional dependency of Hosta: whoever uses this package brings it. It does
 * not know the command line.
 */
package dev.hosta.junit;
