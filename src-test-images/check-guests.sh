#!/bin/bash
# Runs every guest program under QEMU and compares what it prints and how it ends, so that a failure
# under Hosta is known to be Hosta's.
#
#   check-guests.sh [tcg|kvm]          default: tcg, which needs no /dev/kvm
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
accelerator=${1:-tcg}
failed=0

qemu() { # GUEST CPUS ARGUMENTS
    timeout 60 qemu-system-x86_64 -M microvm -accel "$accelerator" -smp "$2" -m 128 \
        -kernel "$here/built/$1.elf" -append "$3" -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
        -no-reboot -no-user-config -nodefaults -display none 2> /dev/null
}

# QEMU's status is the guest's with bit 0 set; 0 is a reset, which -no-reboot makes an end.
expect() { # NAME STATUS PATTERN OUTPUT QEMU_STATUS
    if [ "$5" = "$2" ] && grep -qE -- "$3" <<< "$4"; then
        echo "ok    $1"
    else
        echo "FAIL  $1: status $5, expected $2 and /$3/; it printed:"
        sed 's/^/      /' <<< "$4"
        failed=1
    fi
}
run() { # NAME STATUS PATTERN GUEST CPUS ARGUMENTS
    local output status
    output=$(qemu "$4" "$5" "$6" < /dev/null)
    status=$?
    expect "$1" "$2" "$3" "$output" "$status"
}

run hello 1 '^ring 0: [0-9]+ timer ticks while halted$' hello 1 ''
run 'hello, 3 CPUs' 1 '^vCPUs: 3$' hello 3 ''
run 'status 7' 7 '^status: 7$' status 1 7
run smp 1 '^smp: 4 of 4 CPUs reported, counted 4000 of 4000 together$' smp 4 ''
run 'crash triple' 0 '^crash: triple$' crash 1 ''
run 'crash triple0' 0 '^crash: triple0$' crash 1 triple0
run 'crash paging' 0 '^crash: paging$' crash 1 paging
run 'crash exception' 99 'exception 14 .* cr2 0x7fc0000000$' crash 1 exception
run dirty 1 '^dirty: ok, [1-9][0-9]* pages written, all 1024 hold' dirty 1 '20 4 1'
run 'dirty 0' 1 '^tick [0-9]+ time [0-9]+ ms gap' dirty 1 '0 1 1'
run pages 1 '^pages: wrote 2 pages, round 1$' pages 1 '0x400000 0x7fe0000'
run 'a wrong argument' 99 'not a free page of RAM' pages 1 0x100000
run 'end debug 4' 9 '^end: by debug$' end 1 'debug 4'

disk=$(mktemp)
trap 'rm -f "$disk"' EXIT
truncate -s 1M "$disk"
output=$(timeout 60 qemu-system-x86_64 -M microvm,acpi=off -accel "$accelerator" -m 128 \
    -kernel "$here/built/block.elf" -append 'verify count=16' -serial stdio \
    -global virtio-mmio.force-legacy=false -drive "if=none,id=disk,format=raw,file=$disk" \
    -device virtio-blk-device,drive=disk -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
    -no-reboot -no-user-config -nodefaults -display none 2> /dev/null < /dev/null)
expect 'block verify' 1 '^block: verified 16 requests of 4096 bytes$' "$output" "$?"

# Frames in datagrams that nobody takes.
output=$(timeout 60 qemu-system-x86_64 -M microvm,acpi=off -accel "$accelerator" -m 128 \
    -kernel "$here/built/net.elf" -append 'send count=1000' -serial stdio \
    -global virtio-mmio.force-legacy=false -netdev socket,id=net,udp=127.0.0.1:9,localaddr=127.0.0.1:0 \
    -device virtio-net-device,netdev=net -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
    -no-reboot -no-user-config -nodefaults -display none 2> /dev/null < /dev/null)
expect 'net send' 1 '^net: frames 1000 bytes 60000 cycles' "$output" "$?"

output=$( (
    sleep 3
    printf 'abc'
    sleep 1
    printf 'xyz\004'
) | qemu echo 1 '')
status=$?
expect echo 1 'abcxyz.*echo: 7 bytes' "$(tr -d '\n' <<< "$output")" "$status"
exit $failed
