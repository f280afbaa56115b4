/**
 * The control of a VM from outside its process: the API on its Unix socket, the console on another,
 * and the client of both. docs/api.md lists calls and codes.
 *
 * <p>Start here: {@link dev.hosta.control.VmApi} answers requests, {@link dev.hosta.control.Vmm} is
 * what it drives, {@link dev.hosta.control.ControlClient} is the other side. It must not know the
 * command line; nothing here is loaded by a run before its guest runs, but {@link
 * dev.hosta.control.ConsoleHub}.
 */
package dev.hosta.control;
