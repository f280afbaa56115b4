#!/bin/bash
# Shows in two lanes on one cable that a stock Linux moves from one host to the other and back, while it writes files past
# its cache and reads them back, and while one TCP connection to the first host goes on, byte for byte. Prints how long
# the peer heard nothing, and which announcements came by.
#
#   migrate-pair-test.sh [-o FOLDER]     FOLDER keeps what e2fsck says
#
# Both hosts see one folder with the disks, uncached, as on a network file system, but locks do not cross: what each knows
# of the other during the hand-over are the leases beside the disks.
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
    mkdir "$job/home" "$job/shared"
    # A round: a new file of 256 KiB, its sum before it is written, and once it was read from the disk again.
    cat > "$job/home/rounds" << 'END'
#!/bin/sh
round=0
while [ ! -e /tmp/stop ]; do
    file=/mnt/file$((round % 8))
    sum=$(dd if=/dev/urandom bs=64k count=4 2>/dev/null | tee $file | md5sum)
    sync
    echo 1 > /proc/sys/vm/drop_caches
    [ "$(md5sum < $file)" = "$sum" ] || echo "wrong in round $round" >> /tmp/wrong
    round=$((round + 1))
    echo $round > /tmp/next && mv /tmp/next /tmp/rounds
done
touch /tmp/stopped
END
    chmod 755 "$job/home/rounds"
    "$here/../linux/make-root.sh" "$job/shared/root.img" "$job/home"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4
    truncate -s 32M "$job/shared/data.img"
    mkfs.ext4 -q -F -b 4096 "$job/shared/data.img"
    "$here/lane-pair" -m 2048 -t 900 -s "$job/shared" "${out[@]}" -- \
        "$here/migrate-pair-test.sh inside a $job" "$here/migrate-pair-test.sh inside b $job"
    for disk in root data; do e2fsck -fn "$job/shared/$disk.img"; done
    left=$(find "$job/shared" -name '*hosta-lease*')
    [ -z "$left" ] || { echo "migrate-pair-test: left behind: $left" >&2; exit 1; }
    echo "migrate-pair-test: all right"
    exit
fi

side=$2 job=$3
address=10.9.0.1
[ "$side" = a ] || address=10.9.0.2

# The guest is a third machine on the cable.
modprobe bridge
ip addr flush dev eth0
ip link add bridge type bridge forward_delay 0
ip tuntap add dev tap0 mode tap
for port in eth0 tap0; do
    ip link set $port master bridge
    ip link set $port up
done
ip addr add $address/24 dev bridge
ip link set bridge up

mkdir /run/pair
cp "$job/root.cpio" "$cache"/k-cloud/boot/vmlinuz-* /run/pair
mv /run/pair/vmlinuz-* /run/pair/vmlinuz
rc=0
timeout 840 python3 -B "$here/linux-migrate.py" --limit 800 --side "$side" \
    --hosta "$here/../../cli/bin/hosta" --folder /run/pair --disks /shared || rc=$?
[ $rc = 0 ] || { echo "migrate-pair-test: status $rc" >&2; exit 1; }
