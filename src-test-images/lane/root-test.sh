#!/bin/bash
# Shows in the lane that the distribution's kernel goes on with a root file system on a virtio disk, up to a login:
# a user reads what was put there, writes, the machine is powered off, and the host finds it.
#
#   root-test.sh [-o FOLDER]     FOLDER keeps what e2fsck says
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
    (cd "$job/home" && head -c 555555 /dev/urandom > before && sha256sum before > before.sum)
    "$here/../linux/make-root.sh" "$job/root.img" "$job/home"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4
    "$here/lane" -m 3072 -t 400 "${out[@]}" "$here/root-test.sh inside $job"
    exit
fi

job=$2
disk=/run/root.img

fail() { echo "root-test: $*" >&2; exit 1; }

cp --sparse=always "$job/root.img" $disk
timeout 250 python3 -B "$here/linux-login.py" -- "$here/../../cli/bin/hosta" run --memory 256M \
    --kernel "$cache"/k-cloud/boot/vmlinuz-* --initrd "$job/root.cpio" --disk $disk \
    --append 'root=/dev/vda rw console=ttyS0 quiet panic=-1' || fail "no login"
e2fsck -fn $disk > "$OUT/fsck" 2>&1 || fail "$(cat "$OUT/fsck")"
dumpe2fs -h $disk 2>&1 | grep -q 'Filesystem state: *clean$' || fail "not cleanly unmounted"
! dumpe2fs -h $disk 2>&1 | grep -q needs_recovery || fail "the journal is not empty"
mkdir /run/home
debugfs -R "rdump /home/guest /run/home" $disk 2> "$OUT/debugfs"
(cd /run/home/guest && sha256sum -c --quiet before.sum after.sum) || fail "other files"
echo "root-test: all right"
