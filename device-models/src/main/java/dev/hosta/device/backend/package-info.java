/**
 * The host side as a device sees it: what carries a console's bytes, a disk's blocks, a network's
 * frames.
 *
 * <p>Devices declare here what they need; the core implements it. Must not know Linux.
 */
package dev.hosta.device.backend;
