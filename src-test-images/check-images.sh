#!/bin/sh
# Checks that built/ is what guests/ says: with the compiler that built it, by building again and
# comparing every byte; with another one, by comparing the hash of the sources.
# `check-images.sh --record` builds, and records compiler and hash.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
record=$here/built/built-from

compiler() { gcc --version | head -n 1; ld --version | head -n 1; }
sources() {
    cd "$here" && {
        cat build-images.sh
        find guests agent -type f | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done
    } | sha256sum | cut -d ' ' -f 1
}
now() { compiler; sources; }

if [ "${1:-}" = --record ]; then
    rm -f "$here"/built/*.elf "$here"/built/hosta-agent
    "$here/build-images.sh"
    now > "$record"
    exit 0
fi
if ! [ -f "$record" ]; then
    echo "check-images: no record of what built/ was built from; run $0 --record" >&2
    exit 1
fi
if [ "$(sources)" != "$(tail -n 1 "$record")" ]; then
    echo "check-images: guests/ or agent/ has changed since built/ was made; run $0 --record" >&2
    exit 1
fi
if ! command -v gcc > /dev/null || [ "$(now)" != "$(cat "$record")" ]; then
    echo "check-images: sources match; another compiler made built/, so bytes are not compared"
    exit 0
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$here/build-images.sh" "$fresh"
for image in "$fresh"/*; do
    cmp "$image" "$here/built/$(basename "$image")"
done
echo "check-images: $(ls "$fresh" | wc -l) images are byte for byte what guests/ builds to"
