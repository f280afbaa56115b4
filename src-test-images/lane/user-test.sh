#!/bin/bash
# Shows in the lane what goes through passt, by Hosta's --net user and by QEMU's -netdev stream on the same passt:
# MIB megabytes to the guest and from it, which arrive as they were sent; and uploads whose guest ends the connection
# after the last byte, of which passt may lose the tail. Prints a table.
#
#   user-test.sh [-m MIB] [-t TRIES]      MIB 64, TRIES of the early end 3 by default
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    mib=64 tries=3
    while getopts m:t: option; do
        case $option in
            m) mib=$OPTARG ;;
            t) tries=$OPTARG ;;
            *) exit 2 ;;
        esac
    done
    [ -e "$cache/guest.cpio" ] || "$here/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    mkdir "$job/home"
    PYTHONPATH=$here python3 -B -c 'import sys, transfers; transfers.write_scripts(sys.argv[1])' "$job/home"
    "$here/../linux/make-root.sh" "$job/root.img" "$job/home"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4
    limit=$((900 + mib * 8))
    "$here/lane" -m 3072 -t $limit "$here/user-test.sh inside $job $mib $tries $((limit - 60))"
    exit
fi

job=$2 mib=$3 tries=$4 limit=$5
folder=/run/user-test

# What passt copies for the guest: an interface with an address and a route.
modprobe dummy
ip link add uplink type dummy
ip addr add 10.77.0.2/24 dev uplink
ip link set uplink up
ip route add default via 10.77.0.1

mkdir $folder
cp --sparse=always "$job/root.img" "$job/root.cpio" $folder
cp "$cache"/k-cloud/boot/vmlinuz-* $folder/vmlinuz

# A long transfer says nothing, which the lane would take for a host that stands still.
(while sleep 30; do echo "user-test: $SECONDS s"; done) &
beat=$!
rc=0
timeout "$limit" /usr/bin/python3 -B "$here/linux-user.py" --limit $((limit / 2 - 30)) --mib "$mib" --tries "$tries" \
    --hosta "$here/../../cli/bin/hosta" --folder $folder || rc=$?
kill $beat
[ $rc = 0 ] || { echo "user-test: status $rc" >&2; exit 1; }
echo "user-test: all right"
