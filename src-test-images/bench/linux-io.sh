#!/bin/bash
# In one lane, QEMU and Hosta in turn: what a stock kernel gets by TCP over a tap (iperf3, no vhost) and by direct reads
# of a disk (fio). Prints ratios. Takes some minutes; needs the packages fio and iperf3.
#
#   linux-io.sh [ROUNDS]          default 2
#
# Variables: HOSTA (default cli/bin/hosta of this tree), SECONDS_EACH of a measurement (default 8).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    rounds=${1:-2}
    hosta=${HOSTA:-$here/../../cli/bin/hosta}
    "$hosta" --version > /dev/null # this also builds it, which the lane could not
    [ -e "$cache/guest.cpio" ] || "$here/../lane/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    for program in iperf3 fio; do
        path=$(command -v $program) || { echo "linux-io: the package $program is missing" >&2; exit 1; }
        mkdir -p "$job/home/$program"
        # shellcheck disable=SC2046 # one word a library
        cp -L "$path" $(ldd "$path" | grep -o '/[^ ]*') "$job/home/$program"
    done
    "$here/../linux/make-root.sh" "$job/root.img" "$job/home"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net ext4
    "$here/../lane/lane" -m 3072 -t $((300 + rounds * 400)) \
        "$here/linux-io.sh inside $job $rounds $hosta ${SECONDS_EACH:-8}"
    exit
fi

job=$2 rounds=$3 hosta=$4 seconds=$5
folder=/run/linux-io
# A file system with O_DIRECT, which the lane's own has not.
modprobe loop
modprobe ext4
mkdir -p $folder
truncate -s 400M /run/big
mkfs.ext4 -q -F /run/big
mount -o loop /run/big $folder
cp "$job/root.img" "$job/root.cpio" $folder
cp "$cache"/k-cloud/boot/vmlinuz-* $folder/vmlinuz
ip tuntap add dev guest mode tap
ip addr add 10.78.0.1/24 dev guest
ip link set guest up
/usr/bin/python3 -B "$here/linux-io.py" --rounds "$rounds" --seconds "$seconds" --hosta "$hosta" --folder $folder
