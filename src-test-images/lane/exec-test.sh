#!/bin/bash
# Shows in the lane that commands run in the distribution's kernel without anything prepared in the guest: in place of
# its init with a folder of the host's (--exec, --copy-in), and beside it from a script, which also forks the guest;
# that its panic is a crash; and that a script which logs in finds on the disk what it wrote there before the guest was
# suspended, resumed and migrated.
#
#   exec-test.sh [-o FOLDER]     FOLDER keeps the consoles
#
# Needs what ../install-packages.sh installs, and a built Hosta.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
hosta=$(cd "$here/../../cli" && pwd)/bin/hosta
cache=${LANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hosta-lane}

if [ "${1:-}" != inside ]; then
    out=()
    [ "${1:-}" != -o ] || out=(-o "$2")
    [ -e "$cache/guest.cpio" ] || "$here/setup.sh"
    job=$(mktemp -d)
    trap 'rm -rf "$job"' EXIT
    "$here/../linux/make-root.sh" "$job/root.img"
    "$here/../linux/make-initramfs.sh" -i "$here/../linux/root-init" -k "$cache/k-cloud" "$job/root.cpio" \
        virtio_mmio virtio_blk ext4
    "$here/lane" -m 3072 -t 500 "${out[@]}" "$here/exec-test.sh inside $job"
    exit
fi
job=$2

folder=/run/exec-test
mkdir -p $folder/in/sub
export HOSTA_HOME=$folder/home
kernel=$(echo "$cache"/k-cloud/boot/vmlinuz-*)
fail() { echo "exec-test: $*" >&2; exit 1; }

# run NAME OPTION...: sets status, out and err
run() {
    local name=$1
    shift
    status=0
    timeout 180 "$hosta" run --memory 256M --kernel "$kernel" --initrd "$cache/guest.cpio" \
        --append 'console=ttyS0 quiet nokaslr' --console-log "$OUT/$name.log" "$@" \
        > $folder/out 2> $folder/err < /dev/null || status=$?
    out=$(cat $folder/out) err=$(cat $folder/err)
    printf '%s: status %s\n%s\n%s\n' "$name" "$status" "$out" "$err"
}

echo 'from the host' > $folder/in/sub/file
run exec --copy-in $folder/in:/data --exec 'uname -r; cat /data/sub/file; echo oops >&2; exit 3'
[ "$status" = 3 ] || fail "exec: status $status"
[ "$out" = "${kernel##*/vmlinuz-}
from the host" ] || fail "exec: other output"
[ "$err" = oops ] || fail "exec: other errors"

run panic --exec 'echo c > /proc/sysrq-trigger'
[ "$status" = 126 ] || fail "panic: status $status"
grep -q '^hosta: The guest crashed: kernel panic: sysrq triggered crash$' $folder/err || fail "panic: another line"
grep -q '^walk of rip, gva 0xffffffff8' $folder/err || fail "panic: no way of rip"
grep -q 'Call Trace:' "$OUT/panic.log" || fail "panic: no trace on the console"

cat > $folder/boot.yaml << 'EOF'
timeout: 120s
steps:
  - expect: 'guest# '
  - run: cat /proc/1/cmdline | tr '\0' ' '
    into: init
  - assert: ${init}
    is: '.*/init.*'
  - wait-for: {file: "/proc/1/root/init"}
  - run: echo no >&2; exit 5
    status: 5
  - send: "echo $((6*7))\r"
  - expect: "^42"
  - fork:
    - send: "touch /mine; echo $((7*7))\r"
    - expect: "^49"
  - run: test -e /proc/1/root/mine
    status: 1
  - run: poweroff -f & sleep 60
    timeout: 5s
EOF
run script --console none --script $folder/boot.yaml --tap
[ "$status" = 122 ] || fail "script: status $status"
[ "$(grep -c '^ok ' $folder/out)" = 11 ] || fail "script: other steps"
grep -q '^not ok 12 - run' $folder/out || fail "script: the end of the guest is no failure"
cp --sparse=always "$job/root.img" $folder/root.img
cat > $folder/login.yaml << EOF
guest:
  kernel: $kernel
  initrd: $job/root.cpio
  append: root=/dev/vda rw console=ttyS0 quiet panic=-1
  memory: 256M
  disks:
    - path: root.img
timeout: 120s
steps:
  - expect: 'guest login: '
  - send: "root\\n"
  - expect: 'Password: '
  - send: "root\\n"
  - expect: 'root@guest# '
  - send: 'echo kept-\$((6*7)) > /root/kept; sync; echo is \$?\n'
  - expect: ^is 0
  - suspend: saved
  - resume: saved
  - send: 'echo 3 > /proc/sys/vm/drop_caches; cat /root/kept\n'
  - expect: ^(?<kept>kept-\d+)
  - assert: \${kept}
    is: kept-42
  - migrate
  - send: 'echo 3 > /proc/sys/vm/drop_caches; cat /root/kept; poweroff\n'
  - expect: ^\${kept}
  - wait-for: {status: 0}
EOF
status=0
timeout 300 "$hosta" run --script $folder/login.yaml --console-log "$OUT/login.log" --report-format live \
    > $folder/out 2> $folder/err < /dev/null || status=$?
cat $folder/err
[ "$status" = 0 ] || fail "login: status $status"
e2fsck -fn $folder/root.img > "$OUT/fsck" 2>&1 || fail "login: $(cat "$OUT/fsck")"
echo "exec-test: all right"
