#!/bin/sh
# build.sh FILE: assembles the counter kernel into FILE, with binutils alone.
set -eu
to=$1
mkdir -p "$(dirname "$to")"
as --64 -o "$to.o" "$(dirname "$0")/counter.s"
ld -m elf_x86_64 -static -n -Ttext=0x200000 -e _start -o "$to" "$to.o"
rm "$to.o"
