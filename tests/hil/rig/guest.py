"""A booted guest: its devices, its console, and the host's hand on both."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import image


class Trouble(Exception):
    """Something did not hold; says what."""


def expect(holds, words):
    """Where this does not hold, the scenario has failed."""
    if not holds:
        raise Trouble(words)


def wait_for(what, seconds, words, every=0.2):
    """Waits until `what()` gives something true, and returns it."""
    end = time.time() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        expect(time.time() < end, f"{words}: not within {seconds} s")
        time.sleep(every)


class Guest:
    """The machine that QEMU plays: the `virt` board with a Cortex-A72 (`cpu`), and of the devices below those that are asked for.

    disks       raw images, /dev/vda and following
    display     "virtio", "bochs", None; both have /dev/fb0 too
    framebuffer (width, height): /dev/fb0 in RGB565 in the last 4 MiB of memory
    camera      options of vivid, None for none; loopback: options of v4l2loopback
    lines       the eight GPIO lines of the board's PL061, driven from here (`line`, `press`)
    panel_bus   an SPI bus bit-banged over these lines: clock 0, data out 1, data in 2, select 4
    keyboard    a virtio keyboard for `key`
    modules     further kernel modules; "-name": not this one
    """

    def __init__(self, folder, kernel="6.1", cpu="cortex-a72", processors=2, memory=1024, disks=(), display=None, framebuffer=None,
                 camera=None, loopback=None, lines=False, panel_bus=False, keyboard=False, modules=(), arguments="", share=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.share = Path(share or self.folder / "share")
        (self.share / "bin").mkdir(parents=True, exist_ok=True)
        self.framebuffer = framebuffer
        self.memory = memory
        self.log = self.folder / "console.log"
        self.log.write_bytes(b"")
        self._number = 0
        self._monitor = None
        chosen = image.Kernel(kernel)
        load = ["virtio_pci", "virtio_blk", "ext4", "9p", "9pnet_virtio"]
        machine = ["-M", "virt", "-cpu", cpu, "-smp", str(processors), "-m", str(memory)]
        command = ["qemu-system-aarch64", *machine, "-accel", "tcg,thread=multi,tb-size=256",
                   "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   "-kernel", chosen.image, "-initrd", image.initramfs(chosen),
                   "-qmp", f"unix:{self.folder}/monitor,server=on,wait=off",
                   "-chardev", f"socket,id=console,path={self.folder}/console,server=on,wait=off,logfile={self.log},logappend=off",
                   "-serial", "chardev:console",
                   "-fsdev", f"local,id=share,path={self.share},security_model=none,multidevs=remap",
                   "-device", "virtio-9p-pci,fsdev=share,mount_tag=share,romfile="]
        for number, disk in enumerate(disks):
            command += ["-drive", f"if=none,id=disk{number},format=raw,file={disk}", "-device", f"virtio-blk-pci,drive=disk{number},romfile="]
        if display == "virtio":
            command += ["-device", "virtio-gpu-pci,id=gpu0,romfile="]
            load.append("virtio-gpu")
        elif display == "bochs":
            command += ["-device", "bochs-display,id=gpu0,romfile="]
            load.append("bochs")
        if keyboard:
            command += ["-device", "virtio-keyboard-pci,id=keyboard0,romfile="]
            load += ["virtio_input", "evdev"]
        if camera is not None:
            load.append(":".join(["vivid", *camera.split()]))
        if loopback is not None:
            load.append(":".join(["v4l2loopback", *loopback.split()]))
        if lines or panel_bus:
            command += ["-qtest", f"unix:{self.folder}/lines,server=on,wait=off", "-qtest-log", "none"]
        if panel_bus:
            command += ["-trace", "pl061_set_output", "-D", f"{self.folder}/lines.trace"]
        if panel_bus or framebuffer:
            command += ["-dtb", self._device_tree(machine, panel_bus, framebuffer)]
            load += ["spi-gpio"] if panel_bus else []
        load = [name for name in [*load, *modules] if f"-{name}" not in modules and not name.startswith("-")]
        command += ["-append", f"console=ttyAMA0 quiet loglevel=4 panic=1 hil.modules={','.join(load)} {arguments}"]
        self._process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=open(self.folder / "qemu.log", "wb"))
        self._console = self._connect("console")
        threading.Thread(target=self._drain_console, daemon=True).start()
        self._wait_log(b"hil: ready", 120, 0)

    # ---- inside -------------------------------------------------------------------------------------------------------------------

    def start(self, command, seconds=60):
        """Runs a shell command; gives its exit status and what it printed on the console."""
        self._number += 1
        before = self.log.stat().st_size
        self._console.sendall(f"{self._number} {command}\n".encode())
        end = re.compile(rb"hil: %d (\d+)\n" % self._number)
        output = self._wait_log(end, seconds, before, words=command)
        match = end.search(output)
        return int(match[1]), output[: match.start()].decode(errors="replace")

    def shell(self, command, seconds=60):
        """Runs a shell command that must succeed; gives what it printed."""
        status, output = self.start(command, seconds)
        expect(status == 0, f"`{command}` ended with {status}:\n{output}")
        return output

    def json(self, command, seconds=60):
        """Runs a program and reads the JSON on its standard output."""
        self.shell(f"{command} > /tmp/answer.json", seconds)
        text = self.shell("cat /tmp/answer.json")
        return json.loads(text)

    def read(self, path):
        """A file's text; empty where it is not there."""
        return self.start(f"cat {shlex.quote(path)} 2>/dev/null")[1]

    # ---- its devices, from outside --------------------------------------------------------------------------------------------------

    def screen(self):
        """What the display shows: (width, height, RGB bytes)."""
        file = self.folder / "screen.ppm"
        self.monitor("screendump", filename=str(file), device="gpu0")
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", file.read_bytes()[:64])
        return int(header[1]), int(header[2]), file.read_bytes()[header.end():]

    def framebuffer_picture(self):
        """What lies in the RGB565 frame buffer: (width, height, its 16-bit words)."""
        width, height = self.framebuffer
        file = self.folder / "framebuffer.raw"
        self.monitor("pmemsave", val=self._framebuffer_address(), size=width * height * 2, filename=str(file))
        return width, height, memoryview(file.read_bytes()).cast("H")

    def line(self, line, level):
        """Drives an input line of the guest's GPIO chip."""
        self._lines().command(f"set_irq_in {self._chip()} unnamed-gpio-in {line} {level}")

    def press(self, line, seconds, pressed=1):
        """Presses the button at a line, for so long."""
        self.line(line, pressed)
        time.sleep(seconds)
        self.line(line, 1 - pressed)

    def key(self, name, is_down):
        """A key of the virtio keyboard, by QEMU's name of it (`b`, `ret`)."""
        self.monitor("input-send-event", events=[{"type": "key", "data": {"down": is_down, "key": {"type": "qcode", "data": name}}}])

    def monitor(self, command, **arguments):
        """One command of QEMU's monitor; gives its answer."""
        if self._monitor is None:
            self._monitor = self._connect("monitor").makefile("rw")
            self._monitor.readline()
            self._ask({"execute": "qmp_capabilities"})
        return self._ask({"execute": command, "arguments": arguments})

    # ---- its end ----------------------------------------------------------------------------------------------------------------------

    def cut_power(self):
        """What a pulled plug does: nothing in the guest gets to say a word."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def power_off(self):
        """Syncs and ends."""
        self._console.sendall(b"0 sync; umount -a -r; poweroff -f\n")
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.cut_power()
            raise Trouble("the guest does not power off") from None

    def is_running(self):
        """Whether QEMU still runs."""
        return self._process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.is_running():
            self.cut_power()

    # ---- how ----------------------------------------------------------------------------------------------------------------------------

    def _connect(self, name):
        path = str(self.folder / name)
        connection = socket.socket(socket.AF_UNIX)

        def connected():
            if not self.is_running():
                raise Trouble("QEMU does not start: " + (self.folder / "qemu.log").read_text())
            try:
                connection.connect(path)
                return True
            except OSError:
                return False

        wait_for(connected, 20, f"QEMU's socket {name}", every=0.05)
        return connection

    def _drain_console(self):
        """Takes what the console says, which is read from its log, so that QEMU need not wait for anyone."""
        try:
            while self._console.recv(65536):
                pass
        except OSError:
            pass

    def _wait_log(self, what, seconds, start, words="the guest's start"):
        pattern = re.compile(re.escape(what)) if isinstance(what, bytes) else what
        end = time.time() + seconds
        while True:
            is_dead = not self.is_running()
            with open(self.log, "rb") as log:
                log.seek(start)
                output = log.read().replace(b"\r", b"")
            if pattern.search(output):
                return output
            expect(not is_dead, f"QEMU ended during: {words}\n{output.decode(errors='replace')[-2000:]}")
            expect(time.time() < end, f"no end of `{words}` within {seconds} s\n{output.decode(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def _ask(self, request):
        self._monitor.write(json.dumps(request) + "\n")
        self._monitor.flush()
        while True:
            answer = json.loads(self._monitor.readline())
            if "error" in answer:
                raise Trouble(f"QEMU: {request}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def _lines(self):
        if not hasattr(self, "_line_driver"):
            self._line_driver = LineDriver(self._connect("lines"))
        return self._line_driver

    def _chip(self):
        if not hasattr(self, "_chip_path"):
            parts = self.monitor("qom-list", path="/machine/unattached")
            self._chip_path = next("/machine/unattached/" + p["name"] for p in parts if p["type"] == "child<pl061>")
        return self._chip_path

    def watch_lines(self):
        """From now on `driven_lines` tells what the guest drives."""
        self._lines().command(f"irq_intercept_out {self._chip()}")

    def driven_lines(self):
        """Changes of the lines that the guest drives since the last call: (line, level)."""
        return self._lines().changes()

    def _framebuffer_address(self):
        return 0x40000000 + (self.memory - 4) * 0x100000

    def _device_tree(self, machine, panel_bus, framebuffer):
        """QEMU's own tree for this machine, plus what it lacks."""
        tree = self.folder / "tree.dtb"
        dump = list(machine)
        dump[1] += f",dumpdtb={tree}"
        subprocess.run(["qemu-system-aarch64", *dump, "-nodefaults", "-display", "none"], check=True, stderr=subprocess.DEVNULL)

        def put(kind, node, name, *values):
            image.run("fdtput", "-t", kind, tree, node, name, *values)

        if framebuffer:
            width, height = framebuffer
            address, size = self._framebuffer_address(), width * height * 2
            memory, node = f"/reserved-memory/framebuffer@{address:x}", f"/chosen/framebuffer@{address:x}"
            for parent in ("/reserved-memory", "/chosen"):
                if parent == "/reserved-memory":
                    image.run("fdtput", "-c", tree, parent)
                put("x", parent, "#address-cells", 2)
                put("x", parent, "#size-cells", 2)
                image.run("fdtput", tree, parent, "ranges")
            image.run("fdtput", "-c", tree, memory)
            put("x", memory, "reg", 0, f"{address:x}", 0, "400000")
            image.run("fdtput", tree, memory, "no-map")
            image.run("fdtput", "-c", tree, node)
            put("s", node, "compatible", "simple-framebuffer")
            put("x", node, "reg", 0, f"{address:x}", 0, f"{size:x}")
            put("i", node, "width", width)
            put("i", node, "height", height)
            put("i", node, "stride", width * 2)
            put("s", node, "format", "r5g6b5")
        if panel_bus:
            chip = image.run("fdtget", "-t", "x", tree, "/pl061@9030000", "phandle").strip()
            bus, panel = "/panel-bus", "/panel-bus/panel@0"
            image.run("fdtput", "-c", tree, bus)
            put("s", bus, "compatible", "spi-gpio")
            put("x", bus, "#address-cells", 1)
            put("x", bus, "#size-cells", 0)
            put("x", bus, "num-chipselects", 1)
            for name, line, flags in (("sck", 0, 0), ("mosi", 1, 0), ("miso", 2, 0), ("cs", 4, 1)):
                put("x", bus, f"{name}-gpios", chip, line, flags)
            image.run("fdtput", "-c", tree, panel)
            put("s", panel, "compatible", "rohm,dh2228fv")  # a name that spidev accepts
            put("x", panel, "reg", 0)
            put("x", panel, "spi-max-frequency", "3d09000")
        return tree


class LineDriver:
    """QEMU's test protocol, used for the GPIO lines alone."""

    def __init__(self, connection):
        self._connection = connection
        self._buffer = b""
        self._changes = []

    def command(self, words):
        self._connection.sendall(words.encode() + b"\n")
        while True:
            line = self._read_line(10)
            expect(line is not None, f"QEMU does not answer `{words}`")
            if line.startswith("OK"):
                return
            expect(not line.startswith("FAIL"), f"QEMU: {words}: {line}")

    def changes(self):
        while self._read_line(0.05) is not None:
            pass
        changes, self._changes = self._changes, []
        return changes

    def _read_line(self, seconds):
        """The next line that is no change of a line; None where none comes."""
        self._connection.settimeout(seconds)
        while True:
            while b"\n" in self._buffer:
                line, self._buffer = self._buffer.split(b"\n", 1)
                words = line.decode().split()
                if words[:1] == ["IRQ"]:
                    self._changes.append((int(words[2]), 1 if words[1] == "raise" else 0))
                else:
                    return line.decode()
            try:
                received = self._connection.recv(65536)
            except (TimeoutError, BlockingIOError):
                return None
            if not received:
                return None
            self._buffer += received


def scratch_folder():
    """A short path, because those of sockets are limited to 107 characters."""
    return Path(tempfile.mkdtemp(prefix="hil-", dir=os.environ.get("TMPDIR", "/tmp")))
