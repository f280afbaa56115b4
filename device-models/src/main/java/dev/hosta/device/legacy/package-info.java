/**
 * The few devices of the PC that kernels insist on: serial port, real-time clock, reset ports, ACPI
 * power-off, and the debug-exit port through which a guest reports a status.
 *
 * <p>Each is one class and its state record. Must not know the board's addresses: the machine
 * places them.
 */
package dev.hosta.device.legacy;
