#!/usr/bin/env bash
# cross/instructions.sh
#
# Counts the instructions that the arm64 kernels execute for a multiply-add, in QEMU's user mode: one row of 40 results with 64 channels, once and three times; half the
# difference is one row. The table is in docs/int8.md. Needs what cross/test-aarch64.sh needs; takes two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

# The kernels' tests by themselves, which are built in seconds.
export CARGO_TARGET_DIR=$PWD/target/kernels
cross/build-aarch64.sh test --release --no-run --manifest-path tests/sanitize/Cargo.toml --test kernels
program=$(ls -t target/kernels/aarch64-unknown-linux-gnu/release/deps/kernels-* | grep -v '[.]d$' | head -1)
# One instruction to a block of translated code; QEMU 8 calls it otherwise.
singly=-singlestep
qemu-aarch64-static -help | grep -q one-insn-per-tb && singly=-one-insn-per-tb

run() { # PROCESSOR KERNEL FAMILY REPEATS, and more options of QEMU
    local processor=$1 kernel=$2 family=$3 repeats=$4
    shift 4
    KERNEL=$kernel FAMILY=$family REPEATS=$repeats qemu-aarch64-static -L /usr/aarch64-linux-gnu -cpu "$processor" "$@" \
        "$program" --ignored --exact --nocapture --test-threads=1 network::int8::kernels::tests::instructions::a_kernel_by_name
}

# The same twice gives the same count but for some hundreds: where memory lies is drawn anew.
executed() {
    run "$@" "$singly" -d exec,nochain -D /dev/fd/3 3>&1 >/dev/null | grep -c '^Trace'
}

printf '| processor | family | kernel | multiply-adds | instructions | for one |\n|---|---|---|---|---|---|\n'
for processor in cortex-a72 cortex-a76 max; do
    for kernel in dense-bytes-1 dense-bytes-3 grouped-bytes-3 depthwise-bytes-3 depthwise-bytes-5 dense-floats-1 dense-floats-3 dense-halves-1 dense-halves-3 grouped-floats-3 depthwise-floats-3 depthwise-floats-5; do
        said=$(run "$processor" "$kernel" 0 1 | sed -n 's/^.*[.][.][.] \(.*\): \([0-9]*\) multiply-adds$/\1|\2/p')
        [ -n "$said" ] || continue # no such kernel for this processor
        name=${said%|*} macs=${said#*|}
        once=$(executed "$processor" "$kernel" 0 1)
        thrice=$(executed "$processor" "$kernel" 0 3)
        row=$(((thrice - once) / 2))
        printf '| %s | %s | %s | %d | %d | %s |\n' "$processor" "$name" "$kernel" "$macs" "$row" "$(awk "BEGIN { printf \"%.3f\", $row / $macs }")"
    done
done
