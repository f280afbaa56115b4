/**
 * A whole machine: what is asked for ({@code MachineSpec}), how it is put together ({@code
 * MachineBuilder}, {@code Board}), and how it is driven ({@code VirtualMachine}).
 */
package dev.hosta.machine;
