/**
 * Numbers of the virtio specification 1.2, one class a chapter, and nothing else.
 *
 * <p>Names are the specification's without their prefix. Must import nothing of ours.
 */
package dev.hosta.device.virtio.abi;
