"""Screens: plugged in after the start, unplugged and plugged in again; /dev/fb0 at 32 bits and as RGB565, without a cursor; the console restored."""

import time

from rig import pictures
from rig.guest import Guest, expect, wait_for
from rig.station import Station, drawn_frames, install
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
root = "/tmp/records"
floor_megabytes = 1
"""

MOST_DIFFERENCE = 0.02
# RGB565 keeps five bits of red and blue: steps of 8.
RGB565_TOLERANCE = 32


def settled(take, seconds=90):
    """A screen on which the analysis is drawn and nothing but words changes any more."""
    last = None
    end = time.time() + seconds
    while time.time() < end:
        picture = take()
        colours = len({tuple(p) for p in picture[::16, ::16].reshape(-1, 3)})
        if last is not None and last.shape == picture.shape and colours > 50 and pictures.difference(picture, last) < 0.005:
            return picture
        last = picture
        time.sleep(6)
    raise AssertionError("the screen never came to rest")


def start(folder, kind, **devices):
    """A guest with a station on one drawn frame, and that frame."""
    folder.mkdir()
    share = folder / "share"
    frame = drawn_frames(share / "frames", 1, size="1280x720", seed=5)[0]
    guest = Guest(folder / "guest", share=share, **devices)
    install(guest)
    return guest, frame, CONFIGURATION.replace("KIND", kind)


def plugged(folder):
    """The screen comes after the start, goes, and comes back."""
    guest, frame, configuration = start(folder, "drm", display="virtio", modules=["-virtio-gpu"])
    with guest:
        station = Station(guest, configuration)
        station.wait_says("display", 60)
        expect("fishrig ended" not in station.log(), "the station ended without a screen")
        guest.shell("modprobe virtio-gpu")
        screen = settled(lambda: pictures.of_screen(guest.screen()))
        expect("the display is back" in station.log(), "the station does not say that the screen is there")
        connector = guest.shell("ls -d /sys/class/drm/card*-*").split()[0]
        before = len(station.log())
        guest.shell(f"echo off > {connector}/status")
        station.wait_says("display", 30, after=before)
        before = len(station.log())
        guest.shell(f"echo detect > {connector}/status")
        station.wait_says("the display is back", 60, after=before)
        again = settled(lambda: pictures.of_screen(guest.screen()))
        expect(station.finish() == 0, "the station ended with an error")
    twin = Twin(folder / "twin", frame, (screen.shape[1], screen.shape[0])).screen
    return f"{same_screen(folder, screen, twin, MOST_DIFFERENCE):.2%} and {same_screen(folder, again, twin, MOST_DIFFERENCE):.2%} different"


def restored(folder):
    """The text console is back after SIGTERM."""
    guest, _, configuration = start(folder, "drm", display="virtio", arguments="vt.global_cursor_default=0")
    with guest:
        guest.shell("echo console text > /dev/tty0; sleep 1")
        before = pictures.of_screen(guest.screen())
        station = Station(guest, configuration)
        settled(lambda: pictures.of_screen(guest.screen()))
        guest.shell("pkill -TERM -x fishrig || killall -TERM fishrig")
        station.wait_end(60)
        time.sleep(2)
        after = pictures.of_screen(guest.screen())
    different = pictures.difference(before, after)
    expect(different < 0.001, f"{different:.2%} of the console differ from what it showed before")
    return "the console shows its text again"


def framebuffer_32(folder):
    """The emulation that DRM drivers offer, with fbcon's cursor on: it must not be in the picture."""
    guest, frame, configuration = start(folder, "framebuffer", display="bochs")
    with guest:
        station = Station(guest, configuration)
        screen = settled(lambda: pictures.of_screen(guest.screen()))
        expect(station.finish() == 0, "the station ended with an error")
    twin = Twin(folder / "twin", frame, (screen.shape[1], screen.shape[0])).screen
    return f"{same_screen(folder, screen, twin, MOST_DIFFERENCE):.2%} different"


def framebuffer_16(folder):
    """A small RGB565 buffer such as small TFTs have."""
    guest, frame, configuration = start(folder, "framebuffer", framebuffer=(320, 240))
    with guest:
        station = Station(guest, configuration)
        screen = settled(lambda: pictures.of_rgb565(*guest.framebuffer_picture()))
        expect(station.finish() == 0, "the station ended with an error")
    twin = Twin(folder / "twin", frame, (320, 240)).screen
    return f"{same_screen(folder, screen, twin, MOST_DIFFERENCE * 2, RGB565_TOLERANCE):.2%} different"


def run(folder, options):
    """Each way in a guest of its own."""
    for name, case in (("plugged", plugged), ("restored", restored), ("fb32", framebuffer_32), ("rgb565", framebuffer_16)):
        print(f"  {name}: {case(folder / name)}", flush=True)
    return "4 screens"
