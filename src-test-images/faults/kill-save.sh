#!/bin/sh
# kill-save.sh [POINTS]: kills processes with SIGKILL at 200 (or so many) random points of suspend and
# snapshot, and prints where in a save they were and what was found afterwards: the earlier form whole,
# or the new one. Each form found is resumed and its guest checks its memory. Status 1 if one is lost.
set -eu
cd "$(dirname "$0")/../.."
exec mvn -q -B -pl hypervisor-core -am verify -Dtest=KilledSaveTest "-Dhosta.kills=${1:-200}" \
    -Dsurefire.failIfNoSpecifiedTests=false -DskipITs
