#!/usr/bin/env bash
# cross/test-aarch64.sh [cargo test arguments]
#
# Runs tests built for arm64 under QEMU's user mode: as a Cortex-A72 (Raspberry Pi 4, no dot product) and as a Cortex-A76 (Raspberry Pi 5).
# tract takes other kernels on each, so the networks' tests run on both. Without arguments: the network's tests.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v qemu-aarch64-static >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends qemu-user-static >/dev/null
fi
[ $# -gt 0 ] || set -- --test network
for processor in cortex-a72 cortex-a76; do
    echo "== $processor"
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu -cpu $processor" \
        cross/build-aarch64.sh test --release "$@"
done
