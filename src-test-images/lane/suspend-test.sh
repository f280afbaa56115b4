#!/bin/bash
# Shows in the lane that a stock Linux notices nothing of snapshots, and nothing of being suspended and resumed under
# another runtime folder: it writes to a disk past the host's cache and reads back what it wrote, and
# one TCP connection to the host goes on, byte for byte. Prints how long it stood still.
#
#   suspend-test.sh [-o FOLDER]     FOLDER keeps what e2fsck says
#
# The card is on a tap, for the connection has to outlive the process: the host's kernel keeps it, and the tap too. With
# `--net user` passt has the host's end of all connections, and ends with the VM.
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    out=()
    [ "${1:-}" != -o ] || out=(-o "$2")
    [ -e "$cache/guest.cpio" ] || "$here/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    mkdir "$job/home"
    # A round: a new file of 512 KiB, its sum before it is written, and once it was read from the disk again.
    cat > "$job/home/rounds" << 'END'
#!/bin/sh
round=0
while [ ! -e /tmp/stop ]; do
    file=/mnt/file$((round % 8))
    sum=$(dd if=/dev/urandom bs=64k count=8 2>/dev/null | tee $file | md5sum)
    sync
    echo 1 > /proc/sys/vm/drop_caches
    [ "$(md5sum < $file)" = "$sum" ] || echo "wrong in round $round" >> /tmp/wrong
    round=$((round + 1))
    echo $round > /tmp/next && mv /tmp/next /tmp/rounds
done
touch /tmp/stopped
END
    cat > "$job/home/writer" << 'END'
#!/bin/sh
dd if=/dev/urandom of=/dev/shm/piece bs=1M count=1 2>/dev/null
while :; do
    for mib in $(seq 0 31); do
        dd if=/dev/shm/piece of=/dev/shm/written bs=1M seek=$mib conv=notrunc 2>/dev/null
    done
    touch /tmp/written
done
END
    chmod 755 "$job/home/rounds" "$job/home/writer"
    "$here/../linux/make-root.sh" "$job/root.img" "$job/home"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4
    "$here/lane" -m 3072 -t 800 "${out[@]}" "$here/suspend-test.sh inside $job"
    exit
fi

job=$2
folder=/run/suspend-test

fail() { echo "suspend-test: $*" >&2; exit 1; }

mkdir -p $folder/disks
cp --sparse=always "$job/root.img" $folder/root.img
cp "$job/root.cpio" $folder
cp "$cache"/k-cloud/boot/vmlinuz-* $folder/vmlinuz

# A file system with O_DIRECT, which the lane's own has not.
modprobe loop
modprobe ext4
truncate -s 100M /run/big
mkfs.ext4 -q -F /run/big
mount -o loop /run/big $folder/disks
truncate -s 64M $folder/disks/data.img
mkfs.ext4 -q -F -b 4096 $folder/disks/data.img

ip tuntap add dev tap0 mode tap
ip addr add 10.78.0.1/24 dev tap0
ip link set tap0 up

timeout 740 python3 -B "$here/linux-suspend.py" --limit 700 --hosta "$here/../../cli/bin/hosta" --folder $folder \
    || fail "status $?"
for disk in root.img disks/data.img; do
    e2fsck -fn $folder/$disk > "$OUT/fsck" 2>&1 || fail "$disk: $(cat "$OUT/fsck")"
done
echo "suspend-test: all right"
