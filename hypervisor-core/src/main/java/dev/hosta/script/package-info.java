/**
 * What a guest shows and does, watched and judged from outside.
 *
 * <p>Start at {@link dev.hosta.script.PanicSign}, which tells that a kernel has died.
 *
 * <p>It does not know the command line, which makes the guest and prints what became of it.
 */
package dev.hosta.script;
