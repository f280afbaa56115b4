#!/bin/bash
# Shows in the lane that an ordinary user boots the distribution's kernel with a root file system on a disk, up to
# a login, on a network that needs no right: an address by DHCP, a file fetched over TCP, a published port answered;
# and with a login on the virtio console, a named port and random bytes.
#
#   net-test.sh [-o FOLDER]     FOLDER keeps what e2fsck says
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hosta=$(cd "$here/../../cli" && pwd)/bin/hosta
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    out=()
    [ "${1:-}" != -o ] || out=(-o "$2")
    [ -e "$cache/guest.cpio" ] || "$here/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    "$here/../linux/make-root.sh" "$job/root.img"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4
    "$here/lane" -m 3072 -t 900 "${out[@]}" "$here/net-test.sh inside $job"
    exit
fi

job=$2
folder=/run/net-test
disk=$folder/root.img

fail() { echo "net-test: $*" >&2; exit 1; }

# opened PATH: lets everyone come to it, in the lane's throw-away view of this machine's files
opened() {
    local part
    part=$(realpath "$1")
    while [ "$part" != / ]; do
        chmod a+rX "$part"
        part=$(dirname "$part")
    done
}

# What passt copies for the guest: an interface with an address and a route.
modprobe dummy
ip link add uplink type dummy
ip addr add 10.77.0.2/24 dev uplink
ip link set uplink up
ip route add default via 10.77.0.1

chmod 666 /dev/kvm
opened "$here"
opened "$hosta"
opened "$(cat "$here/../../cli/target/dist/java")"

attempt() {
    pkill -x 'passt|passt.avx2' || true
    rm -rf $folder
    mkdir $folder
    head -c 5000000 /dev/urandom > $folder/file
    cp --sparse=always "$job/root.img" $disk
    cp "$job/root.cpio" "$cache"/k-cloud/boot/vmlinuz-* $folder
    chown -R nobody $folder
    timeout 200 runuser -u nobody -- env HOME=$folder XDG_RUNTIME_DIR=$folder /usr/bin/python3 -B "$here/linux-net.py" \
        --limit 190 --folder $folder --address 10.77.0.2 --gateway 10.77.0.1 -- \
        "$hosta" run --memory 256M --kernel $folder/vmlinuz-* --initrd $folder/root.cpio --disk $disk \
        --net user,publish=18080:8080 --hvc socket:$folder/hvc --port notes=file:$folder/notes --rng \
        --append 'root=/dev/vda rw console=ttyS0 quiet panic=-1'
}

# A passt of 2023 was met to spin over a connection to the published port, in lanes side by side, and to answer none
# any more; whose fault that is, is not known. Anything else that is wrong is so each time.
for tries_left in 3 2 1 0; do
    ! attempt || break
    echo "net-test: not all answered, $tries_left more tries" >&2
    [ $tries_left -gt 0 ] || fail "not all answered"
done
e2fsck -fn $disk > "$OUT/fsck" 2>&1 || fail "$(cat "$OUT/fsck")"
! pgrep -x passt > /dev/null || fail "passt is still there"
echo "net-test: all right"
