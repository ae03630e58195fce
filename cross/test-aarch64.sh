#!/usr/bin/env bash
# cross/test-aarch64.sh
#
# Builds the binary for arm64 and the network's tests with it, and runs these under QEMU's user mode: as a Cortex-A72 (Raspberry Pi 4, no dot product),
# as a Cortex-A76 (Raspberry Pi 5), and as a processor with all that QEMU knows (I8MM). Each has kernels of its own; they must equal plain Rust bit for
# bit, and the masks must be those that came with the networks.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v qemu-aarch64-static >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends qemu-user-static >/dev/null
fi
# One build of the library for all.
cross/build-aarch64.sh build --release --bin fishrig --test network --test kernels
for processor in cortex-a72 cortex-a76 max; do
    echo "== $processor"
    # The last one has no kernels but one that the others have not, which the kernels' own tests run.
    tests=(--test kernels)
    [ "$processor" = max ] || tests+=(--test network)
    # Fewer drawn cases than on a real processor: an emulated one takes minutes for those.
    PROPTEST_CASES=48 \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu -cpu $processor" \
        cross/build-aarch64.sh test --release "${tests[@]}"
done
