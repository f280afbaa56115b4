#!/bin/bash
# Prepares the lane, once: the distribution's kernel packages and the host's initramfs, all below
# ${LANE_CACHE:-~/.cache/hosta-lane}. Nothing is installed, no disk image is made. `lane` runs it again when host-init
# is newer than what was made of it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}
HOSTA_TEST_CACHE=$cache "$here/../linux/get-kernel.sh" generic > /dev/null
HOSTA_TEST_CACHE=$cache "$here/../linux/get-kernel.sh" cloud > /dev/null
exec 9> "$cache/.lock-setup"
flock 9
"$here/../linux/make-initramfs.sh" -i "$here/host-init" -k "$cache/k-generic" "$cache/host.cpio" \
    virtio_pci virtio_mmio 9pnet_virtio 9p overlay virtio_net virtio_rng tun kvm-amd
"$here/../linux/make-initramfs.sh" "$cache/guest.cpio"
