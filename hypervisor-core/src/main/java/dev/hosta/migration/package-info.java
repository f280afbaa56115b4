/**
 * Live migration: a running guest goes to another process, on this host or another, and never runs
 * twice.
 *
 * <p>Start at {@link dev.hosta.migration.MigrationSource} and {@link
 * dev.hosta.migration.MigrationDestination}; docs/migration-protocol.md has the diagram, the rules,
 * and what each failure leads to. All that a peer sends is untrusted: {@link
 * dev.hosta.migration.FrameStream} bounds every length and time, {@link
 * dev.hosta.migration.PageReceiver} every page number.
 *
 * <p>Must not know how devices work, nor files of the saved form: of {@code snapshot} it uses the
 * records' codec and the CPU's check.
 */
package dev.hosta.migration;
