/**
 * Scripted boots: what a guest shows and does, watched and judged from outside, and steps that talk
 * to it.
 *
 * <p>Start at {@link dev.hosta.script.ScriptRun}, which takes the steps of a {@link
 * dev.hosta.script.Script} one after the other; {@link dev.hosta.script.ConsoleText} is what they
 * look for text in, {@link dev.hosta.script.PanicSign} what tells that a kernel has died.
 *
 * <p>It does not know the command line, which makes the guest and prints the report.
 */
package dev.hosta.script;
