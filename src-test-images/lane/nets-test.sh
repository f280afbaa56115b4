#!/bin/bash
# Shows in the lane that two guests and the host reach one another by taps, the guests by a
# cable: pings, and megabytes over TCP that arrive as they were sent. Prints what they took.
#
#   nets-test.sh [-o FOLDER] [-m MIB]     MIB of each transfer by tap, 8 by default; a quarter by cable
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    out=() mib=8
    while getopts o:m: option; do
        case $option in
            o) out=(-o "$OPTARG") ;;
            m) mib=$OPTARG ;;
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
    limit=$((900 + mib * 5))
    "$here/lane" -m 3072 -t $limit "${out[@]}" "$here/nets-test.sh inside $job $mib $((limit - 60))"
    exit
fi

job=$2 mib=$3 limit=$4
folder=/run/nets-test

mkdir $folder
for name in left right; do cp --sparse=always "$job/root.img" $folder/$name.img; done
cp "$job/root.cpio" $folder
cp "$cache"/k-cloud/boot/vmlinuz-* $folder/vmlinuz

modprobe bridge
ip link add bridge type bridge
ip addr add 10.78.0.1/24 dev bridge
for name in left right; do
    ip tuntap add dev $name mode tap
    ip link set $name master bridge
    ip link set $name up
done
ip link set bridge up
busybox httpd -p 10.78.0.1:8000 -h $folder

# A long transfer says nothing, which the lane would take for a host that stands still.
(while sleep 30; do echo "nets-test: $SECONDS s"; done) &
beat=$!

rc=0
timeout "$limit" /usr/bin/python3 -B "$here/linux-nets.py" --limit $((limit - 30)) --mib "$mib" \
    --cable-mib $((mib / 4)) --hosta "$here/../../cli/bin/hosta" --folder $folder || rc=$?
kill $beat
cp $folder/right.console "$OUT/"
if [ $rc != 0 ]; then
    ip -s link show left || true
    tail -n 20 $folder/right.console
    echo "nets-test: status $rc" >&2
    exit 1
fi
for name in left right; do e2fsck -fn $folder/$name.img > "$OUT/fsck-$name" 2>&1; done
echo "nets-test: all right"
