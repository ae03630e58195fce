#!/usr/bin/env bash
# cross/package.sh [--built | --host]
#
# Makes the Debian package: target/debian/fishrig_VERSION_arm64.deb, from a binary that cross/build-aarch64.sh builds.
#
#   --built   takes the binary that is there: from `cross build --release --target aarch64-unknown-linux-gnu`, or an earlier run
#   --host    for machines like this one; on a Raspberry Pi or Jetson that is the arm64 package too
#
# The binary itself writes the manual pages and the completions, an arm64 one under QEMU; so they are of the same build, and it has been seen to start.
# FISHRIG_CROSS_CACHE (default ~/.cache/fishrig-cross) keeps cargo-deb.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_deb_version=3.8.0
target=aarch64-unknown-linux-gnu
cache=${FISHRIG_CROSS_CACHE:-$HOME/.cache/fishrig-cross}
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

host=
built=
case "${1-}" in
    --host) host=yes ;;
    --built) built=yes ;;
    '') ;;
    *)
        echo "usage: cross/package.sh [--built | --host]" >&2
        exit 2
        ;;
esac

# Calls the binary that goes into the package.
fishrig() {
    if [ -n "$host" ]; then
        target/release/fishrig "$@"
    else
        qemu-aarch64-static -L /usr/aarch64-linux-gnu "target/$target/release/fishrig" "$@"
    fi
}

build() {
    if [ -n "$host" ]; then
        cargo build --locked --release --bin fishrig
        return
    fi
    [ -n "$built" ] || cross/build-aarch64.sh
    command -v qemu-aarch64-static >/dev/null && [ -e /usr/aarch64-linux-gnu/lib/libc.so.6 ] && return
    $as_root apt-get install -y -qq --no-install-recommends qemu-user-static libc6-arm64-cross >/dev/null
}

write_pages_and_completions() {
    local folder=target/package
    rm -rf "$folder"
    mkdir -p "$folder/completions"
    fishrig manual --output "$folder/man"
    fishrig completions bash >"$folder/completions/fishrig.bash"
    fishrig completions zsh >"$folder/completions/_fishrig"
    fishrig completions fish >"$folder/completions/fishrig.fish"
}

# Without its default feature it needs no library for xz, but the command.
install_cargo_deb() {
    cargo_deb=$cache/cargo-deb/bin/cargo-deb
    [ "$("$cargo_deb" --version 2>/dev/null)" = "cargo-deb $cargo_deb_version" ] && return
    cargo install --quiet cargo-deb --version "=$cargo_deb_version" --locked --no-default-features --root "$cache/cargo-deb"
}

build
write_pages_and_completions
install_cargo_deb
# The release profile has stripped the binary.
if [ -n "$host" ]; then
    "$cargo_deb" --no-build --no-strip
else
    "$cargo_deb" --no-build --no-strip --target "$target"
fi
