/**
 * The Linux system calls that the house needs, typed, through jnr-ffi: file descriptors, mappings,
 * memfds, event fds, signals, terminals, disks on files and block devices ({@link
 * dev.hosta.linux.RawDisk}, whose requests stand in {@link dev.hosta.linux.DiskRequests} and are
 * carried out by io_uring or threads), what carries a network ({@link dev.hosta.linux.HostNet}),
 * and a console's ends ({@link dev.hosta.linux.HostPort}).
 *
 * <p>Every handle is an {@code AutoCloseable} with one owner; every failure is a {@code
 * LinuxException} that names the call and the errno. Must not know KVM.
 */
package dev.hosta.linux;
