/**
 * The {@code hosta} command: one class a subcommand, which parses, makes one call and prints.
 *
 * <p>{@code run} is the VMM process itself. Start-up is counted in milliseconds here: nothing is
 * loaded before the guest needs it.
 */
package dev.hosta.cli;
