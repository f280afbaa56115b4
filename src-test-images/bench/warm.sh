#!/bin/sh
# What a JUnit test costs that goes on from a warm guest, beside one that boots it: docs/junit.md. Builds first.
#
#   warm.sh [OPTION OF MAVEN…]         such as -o
set -eu
cd "$(dirname "$0")/../.."
exec mvn -q -B -ntp -Pbench -pl hypervisor-core -am verify -Dtest='WarmGuestBenchTest*' \
    -Dsurefire.failIfNoSpecifiedTests=false "$@" < /dev/null
