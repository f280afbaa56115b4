#!/bin/bash
# Seconds of one scripted boot, a question to the guest's shell and its power-off, in one lane: QEMU driven by expect
# beside Hosta's own script, interleaved; and how many lines each of them is.
#
#   script-boot.sh [ROUNDS]         default 3
#
# Variables: HOSTA (default cli/bin/hosta of this tree), QEMU_MACHINE (default microvm; pc works, too). Needs the
# package expect.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}
hosta=${HOSTA:-$here/../../cli/bin/hosta}
command -v expect > /dev/null || { echo "script-boot: expect is missing" >&2; exit 1; }
"$hosta" --version > /dev/null # this also builds it, which the lane could not
"$here/../lane/setup.sh"
"$here/../lane/lane" -m 3072 -t 900 \
    "$(printf '%q ' python3 -B "$here/script-boot.py" --rounds "${1:-3}" --hosta "$hosta" \
        --machine "${QEMU_MACHINE:-microvm}" "$cache"/k-cloud/boot/vmlinuz-* "$cache/guest.cpio")"
