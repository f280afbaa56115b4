#!/bin/sh
# Builds the guest programs from guests/, and agent/, into a folder (default: built/, beside this script).
# Needs gcc and binutils only. The same compiler gives the same bytes: no build id, no paths,
# no dates go into the images.
#
#   build-images.sh [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here/built}
mkdir -p "$to"
to=$(cd "$to" && pwd)
cd "$here/guests"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT

compile() { # SOURCE OBJECT
    gcc -m64 -march=x86-64 -Os -std=c11 -Wall -Wextra -Werror \
        -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
        -fcf-protection=none -ffunction-sections -mgeneral-regs-only -mno-red-zone -mcmodel=small \
        -c "$1" -o "$objects/$2"
}

parts=
for part in start.S machine.c serial.c cpu.c interrupts.c finish.c; do
    compile "runtime/$part" "runtime-$part.o"
    parts="$parts $objects/runtime-$part.o"
done
for source in *.c; do
    name=${source%.c}
    compile "$source" "$name.o"
    # shellcheck disable=SC2086 # the list of parts is meant to be split
    ld -m elf_x86_64 -static -nostdlib --gc-sections --build-id=none -z max-page-size=4096 \
        -z noexecstack --no-warn-rwx-segments -T runtime/guest.ld -s \
        -o "$to/$name.elf" "$objects/$name.o" $parts
    chmod 644 "$to/$name.elf"
done

# The agent, a Linux program without any library.
gcc -m64 -march=x86-64 -Os -std=c11 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie \
    -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only \
    -fno-builtin -c "$here/agent/agent.c" -o "$objects/agent.o"
ld -m elf_x86_64 -static -nostdlib --gc-sections --build-id=none -z max-page-size=4096 -z noexecstack \
    -s -e _start -o "$to/hosta-agent" "$objects/agent.o"
chmod 755 "$to/hosta-agent"
