#!/bin/bash
# Fetches a kernel of the distribution (Debian or a relative of it) without installing it, and
# prints the path of its bzImage. Nothing is fetched twice.
#
#   get-kernel.sh [cloud|generic]      default: cloud, the one the test guest runs
#
# Below ${HOSTA_TEST_CACHE:-~/.cache/hosta-test}/k-NAME: boot/vmlinuz-RELEASE, lib/modules/RELEASE,
# release (one line), vmlinux (the unpacked ELF). Needs apt-get, dpkg-deb, kmod, python3, lz4.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${HOSTA_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-test}
name=${1:-cloud}
case $name in
    cloud) meta=linux-image-cloud-amd64 ;;
    generic) meta=linux-image-amd64 ;;
    *) echo "usage: $0 [cloud|generic]" >&2; exit 2 ;;
esac
to=$cache/k-$name
mkdir -p "$cache"
exec 9> "$cache/.lock-$name"
flock 9

if ! [ -e "$to/done" ]; then
    package=$(apt-cache show "$meta" 2> /dev/null \
        | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | head -n 1)
    if [ -z "$package" ]; then
        echo "get-kernel: the package lists do not know $meta; run apt-get update first" >&2
        exit 1
    fi
    fresh=$(mktemp -d "$cache/.unpack-XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    mkdir "$fresh/k"
    (cd "$fresh" && apt-get -q download "$package" >&2)
    dpkg-deb -x "$fresh"/*.deb "$fresh/k"
    # drivers for hardware that no test machine here has: most of the package
    (cd "$fresh"/k/lib/modules/*/kernel \
        && rm -rf sound drivers/{gpu,media,staging,infiniband,iio,usb,scsi,hwmon,input,isdn,ata,mtd} \
            drivers/{mfd,platform,leds,firewire,bluetooth,thunderbolt,spi,i2c,rtc,edac,power,regulator} \
            drivers/{video,watchdog,tty,comedi,mmc,nfc,pinctrl,gpio,hid,message,target,xen} \
            drivers/net/{ethernet,wireless,usb,can,wwan,arcnet,fddi,ieee802154,hamradio,wan} \
            fs/{ocfs2,gfs2,ceph,reiserfs,jfs,ufs,hfs,hfsplus,cifs,smbfs_common,afs} \
            net/{bluetooth,mac80211,wireless,nfc,can,sctp,tipc,batman-adv,rxrpc})
    ls "$fresh/k/lib/modules" > "$fresh/k/release"
    depmod -b "$fresh/k" "$(cat "$fresh/k/release")"
    "$here/unpack-kernel.py" "$fresh"/k/boot/vmlinuz-* "$fresh/k/vmlinux"
    touch "$fresh/k/done"
    rm -rf "$to"
    mv "$fresh/k" "$to"
fi
echo "$to"/boot/vmlinuz-*
