#!/bin/bash
# Shows in the lane that tests drive a stock kernel by dev.hosta.junit: booted once, a fork for each test, commands in it,
# put away, moved, and its panic told.
#
#   junit-test.sh
#
# Needs what ../install-packages.sh installs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}
[ -e "$cache/guest.cpio" ] || "$here/setup.sh"
kernel=$(echo "$cache"/k-cloud/boot/vmlinuz-*)
exec "$here/kvm-tests.sh" --include-classname='.*LinuxGuestTest' \
    --config="linux.kernel=$kernel" --config="linux.initrd=$cache/guest.cpio"
