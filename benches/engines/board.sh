#!/usr/bin/env bash
# benches/engines/board.sh [FISHRIG [BUNDLE...]]
#
# On a board (Raspberry Pi, Jetson) with fishrig installed: the built-in network, and each bundle named, fused, fused in half precision, and through tract's own operators alone, on
# one thread and on all; then where the time goes. About ten minutes; send the file that it writes to the project, for docs/int8.md.
set -euo pipefail
fishrig=${1:-fishrig}
[ $# -gt 0 ] && shift
threads=$(nproc)
out=fishrig-board-$(uname -n)-$(date +%Y%m%d).txt
warm() {
    for zone in /sys/class/thermal/thermal_zone*/temp; do
        [ -r "$zone" ] && echo "$(($(cat "$zone") / 1000)) °C" && return
    done
    echo "temperature unknown"
}
{
    date
    [ -r /proc/device-tree/model ] && tr -d '\0' </proc/device-tree/model && echo
    uname -srm
    grep -m1 Features /proc/cpuinfo || grep -m1 '^flags' /proc/cpuinfo || true
    "$fishrig" --version
    # "" is the built-in network.
    for bundle in "" "$@"; do
        for count in $(printf '1\n%s\n' "$threads" | sort -nu); do
            for way in "" --half-precision --plain; do
                echo
                echo "== ${bundle:-built in}, $count threads ${way:-fused}, $(warm)"
                # shellcheck disable=SC2086  # empty words must vanish
                "$fishrig" model bench $bundle --threads "$count" --runs 20 $way
            done
        done
        echo
        # shellcheck disable=SC2086
        "$fishrig" model bench $bundle --threads 1 --runs 10 --profile
    done
} | tee "$out"
echo
echo "written to $out"
