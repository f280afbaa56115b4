#!/bin/bash
# Makes a disk image of a small Linux: an ext4 with the static busybox, without a partition table. It
# starts busybox's init, has a login on ttyS0 and, where there is one, on hvc0, takes an address by DHCP
# on eth0, where there is one, and powers off by `poweroff`.
#
#   make-root.sh OUT.img [FOLDER]     what is in FOLDER is copied to /home/guest
#
# Users: root and guest, each its name as password. Its modules are the initramfs's to load, see
# root-init. Needs busybox-static and e2fsprogs, no rights; nothing is mounted.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 OUT.img [FOLDER]" >&2; exit 2; }
out=$1 home=${2:-}
busybox=$(command -v busybox) || { echo "make-root: busybox-static is missing" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{bin,dev,etc/udhcpc,home/guest,mnt,proc,root,run,sys,tmp,var/run}
ln -s bin "$root/sbin"
cp "$busybox" "$root/bin/busybox"
"$busybox" --list | while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
[ -z "$home" ] || cp -r "$home/." "$root/home/guest/"

cd "$root/etc"
hash() { "$busybox" mkpasswd -m sha256 "$1" hostaroot; }
cat > passwd << EOF
root:$(hash root):0:0:root:/root:/bin/sh
guest:$(hash guest):1000:1000:guest:/home/guest:/bin/sh
EOF
chmod 644 passwd
printf 'root:x:0:\nguest:x:1000:\n' > group
echo guest > hostname
echo '127.0.0.1 localhost guest' > hosts
echo 'Hosta test guest' > issue
printf 'ttyS0\nhvc0\n' > securetty
cat > profile << 'EOF'
export PATH=/bin PS1='\u@\h# '
EOF
cat > inittab << 'EOF'
::sysinit:/etc/start
ttyS0::respawn:/bin/getty -L ttyS0 115200 vt100
::respawn:/etc/terminal hvc0
::ctrlaltdel:/bin/reboot
::shutdown:/bin/umount -a -r
EOF
cat > start << 'EOF'
#!/bin/sh
# What comes before the first login.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
hostname -F /etc/hostname
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
    ip link set eth0 up
    udhcpc -b -i eth0 -s /etc/udhcpc/default.script > /run/udhcpc.log 2>&1 &
fi
read -r uptime rest < /proc/uptime
echo "hosta: root at $uptime"
EOF
cat > terminal << 'EOF'
#!/bin/sh
# A login on a terminal that not every machine has. Started again by init when it ends.
[ -c "/dev/$1" ] || exec sleep 2147483
exec getty -L "$1" 115200 vt100
EOF
cat > udhcpc/default.script << 'EOF'
#!/bin/sh
# Called by udhcpc with what the lease says in the environment (interface, ip, mask, router, dns).
export PATH=/bin
case $1 in
    deconfig)
        ip addr flush dev "$interface"
        ip link set "$interface" up
        ;;
    bound | renew)
        ip addr flush dev "$interface"
        ip addr add "$ip/$mask" dev "$interface"
        for gateway in $router; do
            ip route replace default via "$gateway" dev "$interface"
            break
        done
        for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
        ;;
esac
EOF
chmod 755 start terminal udhcpc/default.script

rm -f "$out.part"
size=$(($(du -sm "$root" | cut -f1) + 32)) # MiB; room for what the guest writes
truncate -s $((size < 64 ? 64 : size))M "$out.part"
mke2fs -q -F -t ext4 -b 4096 -E root_owner=0:0 -d "$root" "$out.part"
# All is root's, whoever makes the image, but guest's own.
find "$root" -printf '/%P\n' | while read -r file; do
    id=0
    [[ $file != /home/guest* ]] || id=1000
    printf 'set_inode_field %s %s %s\n' "$file" uid $id "$file" gid $id
done | debugfs -w -f - "$out.part" > /dev/null 2> "$out.log"
[ "$(grep -vc '^debugfs ' "$out.log")" = 0 ] || { cat "$out.log" >&2; exit 1; }
rm "$out.log"
mv "$out.part" "$out"
