#!/usr/bin/env bash
# cross/service-test.sh [PACKAGE]
#
# Installs the Debian package (default: the newest arm64 one in target/debian) in an arm64 Debian 12, boots that under QEMU with its own kernel and systemd,
# and tries the service there: rights, watchdog, a broken configuration, records elsewhere (cross/service-test-guest.sh). Fifteen minutes, not part of CI.
# The display's picture is kept as target/service-test/screen.ppm.
#
# Needs root (a root file system is made), and Debian's mirror. FISHRIG_CROSS_CACHE (default ~/.cache/fishrig-cross) keeps the system without fishrig.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${FISHRIG_CROSS_CACHE:-$HOME/.cache/fishrig-cross}
work=target/service-test
package=${1-$(find target/debian -name 'fishrig_*_arm64.deb' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d ' ' -f 2)}
[ -r "$package" ] || {
    echo "no package; cross/package.sh makes it" >&2
    exit 2
}
mkdir -p "$cache" "$work"

install_packages() {
    local missing=() package
    for package in arch-test cpio e2fsprogs kmod mmdebstrap qemu-system-arm qemu-user-static; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    if ! dpkg --print-foreign-architectures | grep -qx arm64; then
        dpkg --add-architecture arm64
        missing+=(kmod) # only for the lists to be read anew
    fi
    [ ${#missing[@]} = 0 ] && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Programs for arm64 run as if they were this machine's own.
register_emulator() {
    local binfmt=/proc/sys/fs/binfmt_misc
    [ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
    [ -e $binfmt/qemu-aarch64 ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >$binfmt/register
}

# Debian's kernel is unpacked, not installed: its own initial file system takes a quarter of an hour to make under the emulator.
make_system() {
    local kernel
    if [ ! -e "$cache/debian.tar" ]; then
        mmdebstrap --arch=arm64 --variant=minbase --include=systemd,systemd-sysv,udev,kmod,dbus,util-linux bookworm "$cache/debian-new.tar"
        mv "$cache/debian-new.tar" "$cache/debian.tar"
    fi
    if [ ! -e "$cache/kernel/complete" ]; then
        rm -rf "$cache/kernel"
        mkdir -p "$cache/kernel/packages"
        kernel=$(apt-cache depends linux-image-arm64:arm64 | sed -n 's/.*Depends: \(linux-image-[^:]*\).*/\1/p' | head -n 1)
        (cd "$cache/kernel/packages" && apt-get download -qq "$kernel:arm64" busybox-static:arm64)
        for package_file in "$cache"/kernel/packages/*.deb; do
            dpkg -x "$package_file" "$cache/kernel"
        done
        /sbin/depmod -b "$cache/kernel" "${kernel#linux-image-}"
        rm -rf "$cache/kernel/packages"
        touch "$cache/kernel/complete"
    fi
}

# The least that mounts the disk and hands over to systemd.
make_initial_file_system() {
    local tree=$work/initial version number=10 module
    version=$(basename "$cache"/kernel/lib/modules/*)
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,dev,modules,proc,root,sys}
    cp "$cache/kernel/bin/busybox" "$tree/bin/"
    for module in virtio_pci virtio_blk ext4; do
        /sbin/modprobe -d "$cache/kernel" -S "$version" --show-depends "$module" | sed -n 's/^insmod //p'
    done | awk '!seen[$1]++ { print $1 }' | while read -r module; do
        cp "$module" "$tree/modules/$((number++))-$(basename "$module")"
    done
    cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
until mount -t ext4 /dev/vda /root 2>/dev/null; do sleep 0.2; done
exec switch_root /root /lib/systemd/systemd
INIT
    chmod 755 "$tree/init"
    (cd "$tree" && find . | cpio --create --format newc --owner 0:0 --quiet | gzip -1) >"$work/initrd"
    rm -rf "$tree"
}

install_package() {
    local root=$work/root
    rm -rf "$root"
    mkdir -p "$root"
    tar -C "$root" -xf "$cache/debian.tar" --exclude='./dev/*'
    cp "$package" "$root/srv/fishrig.deb"
    chroot "$root" dpkg --install /srv/fishrig.deb
    # Its masks are drawn beside it; the frame alone is played.
    chroot "$root" fishrig render --count 1 --output /srv/drawn
    install -d "$root/var/lib/fishrig/frames"
    cp "$root"/srv/drawn/*.jpg "$root/var/lib/fishrig/frames/"
    install -m 755 cross/service-test-guest.sh "$root/srv/test"
    cat >"$root/etc/systemd/system/test.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/srv/test
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyAMA0
TimeoutStartSec=infinity
UNIT
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf /etc/systemd/system/test.service "$root/etc/systemd/system/multi-user.target.wants/"
    # A login prompt would take the console away from the test.
    ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyAMA0.service"
    echo 'options vivid n_devs=1 node_types=0x1' >"$root/etc/modprobe.d/vivid.conf"
    echo vivid >"$root/etc/modules-load.d/vivid.conf"
    mkdir -p "$root/lib/modules"
    cp -a "$cache"/kernel/lib/modules/* "$root/lib/modules/"
    cp "$cache"/kernel/boot/vmlinuz-* "$work/vmlinuz"
    rm -f "$work/disk"
    mke2fs -q -t ext4 -d "$root" "$work/disk" 2G
    rm -rf "$root"
}

# The test's own words appear as they come; at one of them the display is looked at.
boot() {
    local line status=1
    rm -f "$work/monitor"
    timeout 1800 qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 1024 -accel tcg,thread=multi -nodefaults -display none -no-reboot \
        -kernel "$work/vmlinuz" -initrd "$work/initrd" -append 'console=ttyAMA0 quiet systemd.show_status=false' \
        -drive "if=none,id=disk,format=raw,file=$work/disk" -device virtio-blk-pci,drive=disk,romfile= \
        -device virtio-gpu-pci,id=gpu,romfile= -qmp "unix:$work/monitor,server=on,wait=off" -serial stdio </dev/null |
        tee "$work/console.log" | while IFS= read -r line; do
        line=${line%$'\r'}
        case $line in
            'GUEST screen'*) take_screen || echo 'the display can not be looked at' ;;
            *GUEST*) echo "$line" ;;
        esac
    done
    grep -q 'GUEST end' "$work/console.log" && ! grep -q 'GUEST FAILED' "$work/console.log" && status=0
    return $status
}

take_screen() {
    python3 - "$work/monitor" "$PWD/$work/screen.ppm" <<'PYTHON'
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
lines = connection.makefile("rw")
lines.readline()
for command in {"execute": "qmp_capabilities"}, {"execute": "screendump", "arguments": {"filename": sys.argv[2]}}:
    lines.write(json.dumps(command) + "\n")
    lines.flush()
    lines.readline()
PYTHON
}

install_packages
register_emulator
make_system
make_initial_file_system
install_package
boot
