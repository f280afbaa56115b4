/**
 * The life of a device and what a guest may ask of its machine.
 *
 * <p>Start at {@link dev.hosta.device.lifecycle.Device} for the contract in words, and {@link
 * dev.hosta.device.lifecycle.GuestRequest} for power-off, reset and exit status.
 */
package dev.hosta.device.lifecycle;
