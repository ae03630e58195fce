"""Screens: plugged in after the start, unplugged and plugged in again; /dev/fb0 at 32 bits and as RGB565, without a cursor; the console restored."""

import time

from rig import pictures
from rig.guest import Guest, Trouble, expect
from rig.station import Station, drawn_frames, install, make_disk
from rig.twin import Twin, same_screen

CONFIGURATION = """
[station]
name = "rig"
id = "HIL-{counter:04}"

[source]
path = "frames"
frames_per_second = 5
repeat = 1000000

[display]
kind = "KIND"

[store]
root = "/mnt/records"
floor_megabytes = 1
"""

SCREEN = (1280, 800)
MOST_DIFFERENCE = 0.02
# RGB565 keeps five bits of red and blue: steps of 8.
RGB565_TOLERANCE = 32


def like_twin(folder, take, twin, most, tolerance=24):
    """Waits until the guest's screen is the twin's, at most as long as an analysis may take there; gives the share that differs."""
    end = time.time() + 90
    while True:
        try:
            return same_screen(folder, take(), twin, most, tolerance)
        except Trouble:
            if time.time() > end:
                raise
        time.sleep(3)


def start(folder, kind, size, **devices):
    """A guest for a station on one drawn frame, its configuration, and what the host's own run shows of that frame."""
    folder.mkdir()
    share = folder / "share"
    frame = drawn_frames(share / "frames", 1, size="1280x720", seed=5)[0]
    twin = Twin(folder / "twin", frame, size).screen
    # As much free space as is worth no word on the screen.
    guest = Guest(folder / "guest", share=share, disks=[make_disk(folder / "disk.img", 24 << 10)], **devices)
    install(guest)
    guest.shell("mount -t ext4 /dev/vda /mnt")
    return guest, CONFIGURATION.replace("KIND", kind), twin


def plugged(folder):
    """The screen comes after the start, goes, and comes back."""
    guest, configuration, twin = start(folder, "drm", SCREEN, display="virtio", modules=["-virtio-gpu"])
    with guest:
        station = Station(guest, configuration)
        station.wait_says("display", 60)
        expect("fishrig ended" not in station.log(), "the station ended without a screen")
        guest.shell("modprobe virtio-gpu")

        def shown():
            return pictures.of_screen(guest.screen())

        first = like_twin(folder, shown, twin, MOST_DIFFERENCE)
        expect("the display is back" in station.log(), "the station does not say that the screen is there")
        connector = guest.shell("ls -d /sys/class/drm/card*-*").split()[0]
        before = len(station.log())
        guest.shell(f"echo off > {connector}/status")
        station.wait_says("display", 30, after=before)
        before = len(station.log())
        guest.shell(f"echo detect > {connector}/status")
        station.wait_says("the display is back", 60, after=before)
        again = like_twin(folder, shown, twin, MOST_DIFFERENCE)
        expect(station.finish() == 0, "the station ended with an error")
    return f"{first:.2%} of the screen different, {again:.2%} when it was plugged in again"


def restored(folder):
    """The text console is back after SIGTERM, and after the program was killed."""
    guest, configuration, twin = start(folder, "drm", SCREEN, display="virtio", arguments="vt.global_cursor_default=0")
    with guest:
        guest.shell("echo console text > /dev/tty0; sleep 1")

        def shown():
            return pictures.of_screen(guest.screen())

        before = shown()
        differences = []
        for signal in ("TERM", "KILL"):
            station = Station(guest, configuration)
            like_twin(folder, shown, twin, MOST_DIFFERENCE)
            guest.shell(f"killall -{signal} fishrig")
            station.wait_end(60)
            time.sleep(2)
            differences.append(pictures.difference(before, shown()))
    terminated, killed = differences
    expect(terminated < 0.001, f"after SIGTERM {terminated:.2%} of the console differ from what it showed before")
    return f"the console shows its text again after SIGTERM; after SIGKILL {killed:.0%} of it differ"


def framebuffer_32(folder):
    """The emulation that DRM drivers offer, with the console's cursor on: it must not be in the picture."""
    guest, configuration, twin = start(folder, "framebuffer", SCREEN, display="virtio")
    with guest:
        station = Station(guest, configuration)
        different = like_twin(folder, lambda: pictures.of_screen(guest.screen()), twin, MOST_DIFFERENCE)
        expect(station.finish() == 0, "the station ended with an error")
    return f"{different:.2%} different"


def framebuffer_16(folder):
    """A small RGB565 buffer such as small panels have."""
    guest, configuration, twin = start(folder, "framebuffer", (320, 240), framebuffer=(320, 240))
    with guest:
        station = Station(guest, configuration)

        def shown():
            return pictures.of_rgb565(*guest.framebuffer_picture())

        different = like_twin(folder, shown, twin, 2 * MOST_DIFFERENCE, RGB565_TOLERANCE)
        expect(station.finish() == 0, "the station ended with an error")
    return f"{different:.2%} different"


def run(folder, options):
    """Each way in a guest of its own."""
    for name, case in (("plugged", plugged), ("restored", restored), ("fb32", framebuffer_32), ("rgb565", framebuffer_16)):
        print(f"  {name}: {case(folder / name)}", flush=True)
    return "4 screens"
