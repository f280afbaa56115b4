#!/bin/bash
# Runs hypervisor-core's tests tagged kvm in the lane, KVM required. The lane has no Maven: what they
# are started with, `mvn -Plane` leaves in target/lane; where that is missing, it is built first.
#
#   kvm-tests.sh [OPTIONS OF JUNIT'S CONSOLE]       for instance --include-classname='.*KickTest'
#
# Without options: all but those of saved forms, migration and JUnit's guests, which together take longer than a lane
# should live; `kvm-tests.sh --include-package=dev.hosta.snapshot` runs the first by hand.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
core=$root/hypervisor-core
if ! [ -r "$core/target/lane/class-path" ] || ! [ -r "$root/cli/target/dist/java" ]; then
    (cd "$root" && mvn -q -B -ntp -Plane -DskipTests package < /dev/null)
fi
launcher=$core/target/lane/junit-platform-console-standalone.jar
classes=$core/target/test-classes:$core/target/classes:$(cat "$core/target/lane/class-path")
[ $# -gt 0 ] || set -- --exclude-package=dev.hosta.snapshot --exclude-package=dev.hosta.migration \
    --exclude-package=dev.hosta.junit
cd "$core"
exec "$here/lane" -m 2048 -t 540 HOSTA_REQUIRE_KVM=1 timeout 500 \
    "$(printf '%q ' "$(cat "$root/cli/target/dist/java")" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -ea --enable-native-access=ALL-UNNAMED -cp "$launcher:$classes" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --disable-ansi-colors \
        --fail-if-no-tests --include-engine=junit-jupiter --include-tag=kvm \
        "--scan-class-path=$core/target/test-classes" "$@")"
