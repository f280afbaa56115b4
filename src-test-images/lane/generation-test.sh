#!/bin/bash
# Shows in the lane that a stock Linux mixes its random numbers anew where it may run twice, and only there: it looks
# for what the kernel says of that in guests that come of a snapshot, of a fork, and of a suspend.
#
#   generation-test.sh
#
# The kernel is Debian's generic one, unpacked (setup.sh), for the cloud one has no driver for the generation id.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    exec "$here/lane" -m 2600 -t 560 "$here/generation-test.sh inside"
fi

hosta=$here/../../cli/bin/hosta
folder=/run/generation-test
export HOSTA_HOME=$folder/home

fail() { echo "generation-test: $*" >&2; exit 1; }

# NAME WANTED: how often its kernel was told, and its end
told() {
    printf 'dmesg | grep -c "crng reseeded due to virtual machine fork" | sed s/^/told-/; poweroff -f\n' \
        | timeout 60 "$hosta" console "$1" > "$folder/$1" || fail "$1: status $?"
    grep -q "^told-$2" "$folder/$1" || fail "$1 was not told $2 times: $(tail -n 5 "$folder/$1")"
    echo "generation-test: $1 was told $2 times"
}

mkdir -p "$folder"
timeout 400 "$hosta" run -d --wait-for 'guest# ' --name first --memory 400M --kernel "$cache/k-generic/vmlinux" \
    --initrd "$cache/guest.cpio" --append 'console=ttyS0' > /dev/null || fail "the guest does not boot"
timeout 60 "$hosta" snapshot first --to "$folder/form"
timeout 60 "$hosta" resume "$folder/form" -d --name snapshotted
told snapshotted 1
timeout 60 "$hosta" fork first -d --name forked
told forked 1
timeout 60 "$hosta" suspend first --to "$folder/form"
timeout 60 "$hosta" resume "$folder/form" -d --name suspended
timeout 60 "$hosta" resume "$folder/form" -d --name again
told suspended 0
told again 1
