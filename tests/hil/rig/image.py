"""The guest's kernel and initial file system, from Debian's packages, kept in a cache folder."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("FISHRIG_HIL_CACHE", Path.home() / ".cache" / "fishrig-hil"))

PACKAGES = (
    "qemu-system-arm qemu-utils qemu-user-static cpio kmod xz-utils e2fsprogs f2fs-tools device-tree-compiler make "
    "gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3-numpy python3-pil"
).split()

MODULES = (
    "virtio_pci virtio_blk 9pnet_virtio 9p ext4 f2fs crc32c_generic dm-mod dm-flakey vivid virtio-gpu bochs spi-gpio evdev "
    "uinput virtio_input videodev"
).split()

# What a Rust program that is linked against glibc needs.
LIBRARIES = "ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1 libpthread.so.0 libdl.so.2 librt.so.1".split()


def run(*command, cwd=None, env=None):
    """Runs a command quietly; its output is shown where it fails."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def install_packages():
    """What the rig itself needs, by package name."""
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    status = {p: subprocess.run(["dpkg-query", "-W", "-f", "${Status}", p], capture_output=True, text=True).stdout for p in PACKAGES}
    missing = [p for p, s in status.items() if not s.startswith("install ok installed")]
    foreign = run("dpkg", "--print-foreign-architectures").split()
    if missing or "arm64" not in foreign:
        run(*as_root, "dpkg", "--add-architecture", "arm64")
        run(*as_root, "apt-get", "update", "-qq")
    if missing:
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run(*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=environment)


def fetch(package, into):
    """Downloads a package and unpacks it into a folder."""
    downloads = CACHE / "packages"
    downloads.mkdir(parents=True, exist_ok=True)
    before = set(downloads.iterdir())
    run("apt-get", "download", "-qq", package, cwd=downloads)
    name = package.split(":")[0].split("=")[0]
    fresh = [p for p in downloads.iterdir() if p.name.startswith(name + "_") and (p not in before)] or [
        p for p in downloads.iterdir() if p.name.startswith(name + "_")
    ]
    run("dpkg", "-x", fresh[0], into)


class Kernel:
    """A kernel of Debian for arm64: `6.1`, `6.12`, or `6.12-16k` with the pages of a Raspberry Pi 5."""

    def __init__(self, series):
        self.series = series
        self.root = CACHE / f"kernel-{series}"
        stamp = self.root / "version"
        if not stamp.exists():
            self._unpack(stamp)
        self.version = stamp.read_text()
        self.image = self.root / "boot" / f"vmlinuz-{self.version}"

    def _unpack(self, stamp):
        base, _, flavour = self.series.partition("-")
        meta = "linux-image-arm64" if self.series == "6.1" else f"linux-image-{base}-arm64" + (f"-{flavour}" if flavour else "")
        depends = run("apt-cache", "depends", f"{meta}:arm64").split()
        package = next(w.split(":")[0] for w in depends if w.startswith("linux-image-") and w.split(":")[0] != meta)
        shutil.rmtree(self.root, ignore_errors=True)
        fetch(f"{package}:arm64", self.root)
        version = package.removeprefix("linux-image-")
        run("/sbin/depmod", "-b", self.root, version)
        stamp.write_text(version)

    def module_files(self, name):
        """The module and all that it depends on, as paths; nothing where it is built in or absent."""
        words = subprocess.run(
            ["/sbin/modprobe", "-d", self.root, "-S", self.version, "--show-depends", name], capture_output=True, text=True
        ).stdout.splitlines()
        return [Path(w.split()[1]) for w in words if w.startswith("insmod")]

    def loopback_camera(self):
        """v4l2loopback, built for this kernel (Debian 12's is for 6.1)."""
        built = self.root / "v4l2loopback.ko"
        if built.exists():
            return built
        work = CACHE / "kernel-build"
        short = self.version.removesuffix("-arm64")
        for package in (f"linux-headers-{self.version}:arm64", f"linux-headers-{short}-common", "linux-kbuild-6.1", "v4l2loopback-dkms"):
            fetch(package, work)
        headers = work / "usr/src" / f"linux-headers-{self.version}"
        makefile = headers / "Makefile"
        makefile.write_text(makefile.read_text().replace("include /usr/src/", f"include {work}/usr/src/"))
        source = next((work / "usr/src").glob("v4l2loopback-*"))
        # Debian's headers pick their cross compiler by these three.
        environment = dict(os.environ, DEB_BUILD_ARCH="amd64", DEB_HOST_ARCH="arm64", DEB_HOST_GNU_TYPE="aarch64-linux-gnu")
        run("make", "-s", "-C", headers, "ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", f"M={source}", "modules", env=environment)
        run("aarch64-linux-gnu-strip", "--strip-debug", source / "v4l2loopback.ko", "-o", built)
        return built


def guest_tool():
    """The small static program that pokes devices from the other side; see guest/tool.c."""
    source, built = HERE / "guest/tool.c", CACHE / "tool"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        run("aarch64-linux-gnu-gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", built, source)
    return built


def initramfs(kernel):
    """busybox, glibc, modules and our own init, packed once for each kernel."""
    packed = CACHE / f"initramfs-{kernel.version}.gz"
    tool = guest_tool()
    sources = [HERE / "guest/init", Path(__file__), tool]
    if packed.exists() and all(s.stat().st_mtime < packed.stat().st_mtime for s in sources):
        return packed
    busybox = CACHE / "busybox"
    if not (busybox / "bin/busybox").exists():
        fetch("busybox-static:arm64", busybox)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        modules = root / "lib/modules" / kernel.version
        for made in ("bin", "sbin", "dev", "proc", "sys", "run", "tmp", "mnt", "share"):
            (root / made).mkdir()
        modules.mkdir(parents=True)
        shutil.copy(busybox / "bin/busybox", root / "bin")
        shutil.copy(HERE / "guest/init", root / "init")
        (root / "init").chmod(0o755)
        shutil.copy(tool, root / "bin/tool")
        files = {f for name in MODULES for f in kernel.module_files(name)}
        if kernel.series == "6.1":
            files.add(kernel.loopback_camera())
        for file in sorted(files):
            if file.suffix == ".xz":
                (modules / file.stem).write_bytes(subprocess.run(["xz", "-dc", file], check=True, capture_output=True).stdout)
            else:
                shutil.copy(file, modules)
        for table in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
            if (kernel.root / "lib/modules" / kernel.version / table).exists():
                shutil.copy(kernel.root / "lib/modules" / kernel.version / table, modules)
        subprocess.run(["/sbin/depmod", "-b", root, kernel.version], check=True, stderr=subprocess.DEVNULL)
        for library in LIBRARIES:
            shutil.copy(Path("/usr/aarch64-linux-gnu/lib") / library, root / "lib")
        archive = subprocess.run(
            "find . | sort | cpio -o -H newc -R 0:0 --quiet | gzip -1", shell=True, cwd=root, check=True, stdout=subprocess.PIPE
        ).stdout
    packed.write_bytes(archive)
    return packed
