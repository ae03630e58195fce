#!/usr/bin/env bash
# cross/build-aarch64.sh [--profile NAME] [cargo arguments]
#
# Builds fishrig for aarch64-unknown-linux-gnu on a Debian 12 x86-64 machine without docker (with docker: `cross build`, see docs/install.md).
# The result runs where glibc is 2.31 or newer: Raspberry Pi OS 11 and 12, JetPack 5 and 6.
#
#   Rust    Debian's rustc-web and cargo-web, and the same version's standard library for arm64, unpacked beside the machine's own.
#           A toolchain of rustup would do as well, but its target can't be downloaded everywhere.
#   C, link zig's clang through cargo-zigbuild: it links against the symbol versions of a chosen older glibc.
#
# Without cargo arguments: `build --release --bin fishrig`. Others are passed on: cross/build-aarch64.sh test --no-run --lib
# FISHRIG_CROSS_CACHE (default ~/.cache/fishrig-cross) keeps the standard library and zig; it must lie outside this folder, because zig names
# headers relative to the current folder where it can, and build scripts run elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
glibc=2.31
zigbuild_version=0.24.0
zig_version=0.17.1
cache=${FISHRIG_CROSS_CACHE:-$HOME/.cache/fishrig-cross}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

install_packages() {
    local missing=() package
    for package in rustc-web cargo-web gcc-aarch64-linux-gnu libc6-dev-arm64-cross libclang-14-dev python3-venv; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    if ! dpkg --print-foreign-architectures | grep -qx arm64; then
        $as_root dpkg --add-architecture arm64
        missing+=(rustc-web) # its list may be older than the compiler that tract needs
    fi
    [ ${#missing[@]} = 0 ] && return
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The arm64 standard library of exactly this rustc, in a sysroot that has both targets.
prepare_sysroot() {
    local version
    version=$(dpkg-query -W -f '${Version}' libstd-rust-web-dev)
    sysroot=$cache/rust-${version//[^A-Za-z0-9.]/_}
    [ -e "$sysroot/complete" ] && return
    rm -rf "$sysroot"
    mkdir -p "$sysroot/package" "$sysroot/lib/rustlib"
    (cd "$sysroot/package" && apt-get download -qq "libstd-rust-web-dev:arm64=$version" && dpkg -x ./*.deb .)
    mv "$sysroot/package/usr/lib/rustlib/$target" "$sysroot/lib/rustlib/"
    ln -s /usr/lib/rustlib/x86_64-unknown-linux-gnu "$sysroot/lib/rustlib/"
    rm -rf "$sysroot/package"
    touch "$sysroot/complete"
}

prepare_zig() {
    zig=$cache/zig
    [ -e "$zig/complete" ] && return
    python3 -m venv "$zig"
    "$zig/bin/pip" -q install "cargo-zigbuild==$zigbuild_version" "ziglang==$zig_version"
    touch "$zig/complete"
}

# What the binary asks of the machine that it will run on; more than the promised glibc is an error.
report() {
    local binary=$1 needs
    needs=$(aarch64-linux-gnu-objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | cut -d_ -f2)
    printf '%s: %s bytes, needs glibc %s and %s\n' "${binary#"$PWD/"}" "$(stat -c %s "$binary")" "$needs" \
        "$(aarch64-linux-gnu-objdump -p "$binary" | awk '/NEEDED/ { printf "%s ", $2 }')"
    if [ "$(printf '%s\n' "$needs" "$glibc" | sort -V | tail -1)" != "$glibc" ]; then
        echo "the binary needs a newer glibc than $glibc" >&2
        return 1
    fi
}

install_packages
prepare_sysroot
prepare_zig

[ $# -gt 0 ] || set -- build --release --bin fishrig
command=$1
shift
[ "$command" = build ] && command=zigbuild

# Debian's own cargo and rustc; zig's folder first, because cargo-zigbuild asks `python3` for its zig.
export PATH="$zig/bin:/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc CARGO=/usr/bin/cargo
unset RUSTC_WRAPPER RUSTUP_TOOLCHAIN
# With --target these reach the target's crates alone, so build scripts and macros keep the machine's standard library.
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="--sysroot=$sysroot"
# v4l2-sys-mit runs bindgen over the target's linux/videodev2.h.
export BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu=-I/usr/aarch64-linux-gnu/include
cargo-zigbuild "$command" --locked --target "$target.$glibc" "$@"

binary=target/$target/release/fishrig
[ "$command" != zigbuild ] || [ ! -e "$binary" ] || report "$binary"
