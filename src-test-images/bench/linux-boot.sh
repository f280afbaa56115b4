#!/bin/bash
# Seconds from process start to the Linux test guest's first line, in one lane: a minimal C VMM
# (linuxboot.c), QEMU, and Hosta, interleaved.
#
#   linux-boot.sh [ROUNDS]          default 3
#
# Variables: HOSTA (default cli/bin/hosta of this tree; left out when it is not there), QEMU_MACHINE
# (default microvm; pc works, too), LANE_OPTIONS (default -m 3072), GUEST_MIB (default 256).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-3}
hosta=${HOSTA:-$here/../../cli/bin/hosta}
with_hosta=(--hosta "$hosta")
if ! "$hosta" --version > /dev/null; then # this also builds it, which the lane could not
    echo "linux-boot: $hosta does not work, hosta is left out"
    with_hosta=()
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -o "$work/linuxboot" "$here/linuxboot.c"
"$here/../lane/setup.sh"
# shellcheck disable=SC2086 # options
"$here/../lane/lane" ${LANE_OPTIONS:--m 3072} -t 900 \
    "$(printf '%q ' python3 -B "$here/linux-boot.py" --rounds "$rounds" --linuxboot "$work/linuxboot" \
        "${with_hosta[@]}" --machine "${QEMU_MACHINE:-microvm}" --memory "${GUEST_MIB:-256}")"
