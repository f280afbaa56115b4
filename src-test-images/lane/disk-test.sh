#!/bin/bash
# Shows in the lane that a stock Linux keeps its files on a virtio disk: an ext4 written, powered off and
# read again, checked from the host's side each time; a read-only disk; a second user refused; and a monitor
# killed while the guest writes past the host's cache, after which all that the guest had synced is there and
# the file system is whole.
#
#   disk-test.sh [-o FOLDER]     FOLDER keeps the consoles
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hosta=$here/../../cli/bin/hosta
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    out=()
    [ "${1:-}" != -o ] || out=(-o "$2")
    [ -e "$cache/guest.cpio" ] || "$here/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    "$here/../linux/make-initramfs.sh" -k "$cache/k-cloud" "$job/disk.cpio" virtio_mmio virtio_blk ext4
    "$here/lane" -m 3072 -t 900 "${out[@]}" "$here/disk-test.sh inside $job"
    exit
fi

job=$2
work=/run/disk-test
kernel=$(echo "$cache"/k-cloud/boot/vmlinuz-*)
cmdline="console=ttyS0 quiet loglevel=4 panic=-1"

fail() { echo "disk-test: $*" >&2; exit 1; }

# run NAME COMMAND OPTION...: boots the guest with it, its console in $OUT/NAME
run() {
    local name=$1 command=$2
    shift 2
    echo "disk-test: $name"
    timeout 300 "$hosta" run --memory 256M --kernel "$kernel" --initrd "$job/disk.cpio" \
        --append "$cmdline hosta.run=\"$command\"" --console "file:$OUT/$name" "$@" \
        || fail "$name: status $?: $(tail -n 5 "$OUT/$name")"
    grep -q 'hosta: run status 0' "$OUT/$name" || fail "$name: $(tail -n 15 "$OUT/$name")"
}

# same DISK FOLDER: the files of FOLDER on the disk have the checksums that stand beside them
same() {
    rm -rf "$work/dump"
    mkdir "$work/dump"
    debugfs -R "rdump $2 $work/dump" "$1" 2> "$work/debugfs"
    (cd "$work/dump$2" && [ -s sums ] && sha256sum -c --quiet sums) || fail "$1 $2: other files"
}

# blank DISK: an empty file system, its blocks as large as the guest's pages. With smaller ones a crash may leave
# what e2fsck calls an error, whatever the disk does: Linux commits a file's size only up to the last page whose
# blocks all have a place (fs/ext4/inode.c, mpage_map_and_submit_extent), when some blocks of the next may have one too;
# e2fsck takes blocks past the size only when they are unwritten (e2fsck/pass1.c, scan_extent_node), which Linux 6.1 by
# default makes them only where blocks and pages have one size (fs/ext4/super.c, dioread_nolock). What QEMU logged of
# such a guest's writes (blklogwrites) showed it too, after most of them; with blocks of a page after none.
blank() {
    truncate -s 64M "$1"
    mkfs.ext4 -q -F -b 4096 "$1"
}

# A file system with O_DIRECT, which the lane's own has not.
modprobe loop
modprobe ext4
mkdir -p $work
truncate -s 400M /run/big
mkfs.ext4 -q -F /run/big
mount -o loop /run/big $work

blank $work/a.img
files="mkdir /mnt/d && cd /mnt/d && for i in 1 2 3 4 5 6 7 8; do"
files+=" dd if=/dev/urandom of=f\$i bs=1k count=\$((i*311)) 2>/dev/null; done; sha256sum f* > sums"
run write "cat /sys/block/vda/serial; mount -t ext4 /dev/vda /mnt && $files && cd / && umount /mnt" \
    --disk "$work/a.img,id=root"
grep -q '^root' "$OUT/write" || fail "write: no serial number"
e2fsck -fn $work/a.img > "$OUT/fsck-write" 2>&1 || fail "write: $(cat "$OUT/fsck-write")"
same $work/a.img /d

blank $work/b.img
run read "mount -t ext4 -o ro /dev/vda /mnt && cd /mnt/d && sha256sum -c sums && cd / && umount /mnt \
&& ! dd if=/dev/zero of=/dev/vda bs=4k count=1 && mount -t ext4 /dev/vdb /mnt && touch /mnt/x && umount /mnt" \
    --disk "$work/a.img,ro" --disk "$work/b.img,cache=writethrough"
e2fsck -fn $work/b.img > "$OUT/fsck-read" 2>&1 || fail "read: $(cat "$OUT/fsck-read")"
same $work/a.img /d

echo "disk-test: kill"
# Beside a file that is rewritten all the time, one after the other that is synced, and then told of.
command="mount -t ext4 /dev/vda /mnt && mkdir /mnt/s && $files; cd /mnt/s; sync; echo all synced;"
command+=" while :; do dd if=/dev/urandom of=/mnt/more bs=64k count=200 2>/dev/null; done &"
command+=" for i in \$(seq 80); do dd if=/dev/urandom of=f\$i bs=1k count=\$((i%7*97+50)) conv=fsync 2>/dev/null;"
command+=" echo synced \$(sha256sum f\$i) end; done; wait"
"$hosta" run --memory 256M --kernel "$kernel" --initrd "$job/disk.cpio" \
    --append "$cmdline hosta.run=\"$command\"" --console "file:$OUT/kill" \
    --disk "$work/b.img,cache=none" &
monitor=$!

# synced: what the guest told whole lines of, as sha256sum -c reads it
synced() { sed -n 's/^synced \([0-9a-f]\{64\}\) \(f[0-9]*\) end\r*$/\1  \2/p' "$OUT/kill"; }

# until_shown LINE: waits for a line that begins so on the guest's console
until_shown() {
    for ((i = 0; i < 1500; i++)); do
        ! grep -q "^$1" "$OUT/kill" 2> /dev/null || return 0
        kill -0 $monitor 2> /dev/null || fail "kill: ended by itself: $(tail -n 5 "$OUT/kill")"
        sleep 0.2
    done
    fail "kill: the guest did not come to '$1': $(tail "$OUT/kill")"
}

# locked: whether the disk is open in a monitor, or for one that is gone
locked() { grep -q ":$(stat -c %i $work/b.img) " /proc/locks; }

until_shown 'all synced'
rc=0
"$hosta" run --disk "$work/b.img" hello 2> "$OUT/second" || rc=$?
[ $rc = 125 ] && grep -q "in use by process $monitor" "$OUT/second" || fail "second user: $rc, $(cat "$OUT/second")"
last=$((10 + RANDOM % 50))
until_shown "synced [0-9a-f]* f$last end"
locked || fail "kill: nobody holds the lock"
kill -9 $monitor
{ wait $monitor || true; } 2> /dev/null
# A write that was under way in an io_uring may outlive the process; the file, and with it the lock, stays open for it.
while locked; do sleep 0.1; done
synced > $work/told
echo "disk-test: killed after $(wc -l < $work/told) files"

# The kernel replays the journal, e2fsck repairs nothing.
mkdir $work/m
mount -o loop $work/b.img $work/m || fail "kill: cannot be mounted"
(cd $work/m/d && sha256sum -c --quiet sums) || fail "kill: other files in d"
(cd $work/m/s && sha256sum -c --quiet $work/told) || fail "kill: other files in s"
umount $work/m
e2fsck -fn $work/b.img > "$OUT/fsck-kill" 2>&1 || fail "kill: $(cat "$OUT/fsck-kill")"
dumpe2fs -h $work/b.img 2>&1 | grep -q 'Filesystem state: *clean$' || fail "kill: the replay met errors"
umount $work
echo "disk-test: all right"
