#!/bin/bash
# Makes an initramfs from the static busybox, an init script and, if named, kernel modules with
# what they depend on (the init script loads them in the order of /mod/order).
#
#   make-initramfs.sh [-i INIT] [-k KERNELFOLDER] OUT.cpio [MODULE...]
#
# INIT is `init` beside this script by default; KERNELFOLDER one that get-kernel.sh made.
# Needs busybox-static, cpio, and kmod when modules are named.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
init=$here/init kernel=
while getopts i:k: option; do
    case $option in
        i) init=$OPTARG ;;
        k) kernel=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || { echo "usage: $0 [-i INIT] [-k KERNELFOLDER] OUT.cpio [MODULE...]" >&2; exit 2; }
out=$1
shift
busybox=$(command -v busybox) || { echo "make-initramfs: busybox-static is missing" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,mnt,mod,root}
cp "$busybox" "$root/bin/busybox"
"$busybox" --list | while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
cp "$init" "$root/init"
chmod 755 "$root/init"
: > "$root/mod/order"
for module in "$@"; do
    # "insmod PATH" for what is a module, "builtin NAME" for what is not
    modprobe -d "$kernel" -S "$(cat "$kernel/release")" --show-depends "$module" \
        | sed -n 's/^insmod \([^ ]*\).*/\1/p' \
        | while read -r file; do
            grep -qxF "$(basename "$file")" "$root/mod/order" && continue
            cp "$file" "$root/mod/"
            basename "$file" >> "$root/mod/order"
        done
done
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) > "$out.part"
mv "$out.part" "$out"
