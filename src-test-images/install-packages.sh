#!/bin/sh
# Installs from the distribution (Debian or a relative of it) what the test images, the lane and
# the benchmarks need. Does nothing, and asks nobody, when all of it is there. As root.
set -eu
packages='gcc libc6-dev linux-libc-dev binutils qemu-system-x86 busybox-static kmod cpio python3 lz4
    util-linux coreutils bsdutils e2fsprogs procps acpica-tools passt
    iproute2 iperf3 curl btrfs-progs'
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ] || ! apt-cache show linux-image-cloud-amd64 > /dev/null 2>&1; then
    apt-get -q update
fi
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # a list
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
fi
