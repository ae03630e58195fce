"""Recorded frames through a V4L2 device: captured, segmented, drawn on HDMI, committed to ext4; compared with the host's own run."""

import json
import shutil
import tempfile
from pathlib import Path

from rig import pictures
from rig.guest import Guest, expect, wait_for
from rig.station import PHOTOGRAPHS, Station, drawn_frames, install, make_disk, native

SIZE = (1280, 720)
SCREEN = (1280, 800)

CONFIGURATION = """
[station]
name = "rig"
id = "HIL-{counter:04}"

[source]
kind = "v4l"
device = "/dev/video9"
size = [1280, 720]
format = "FORMAT"
frames_per_second = 5

[display]
kind = "drm"

[gpio]
shutter = "gpiochip0/5"
shutter_active_low = false
shutter_bias = "none"
lamp = "gpiochip0/6"

[store]
root = "/mnt/records"
floor_megabytes = 8
"""

# What the native twin replays: the very frames that were captured.
TWIN = """
[station]
name = "rig"
id = "HIL-{counter:04}"

[source]
path = "frames"
repeat = 1000000
frames_per_second = 5

[display]
kind = "png"
size = [1280, 800]
directory = "screen"
keep = 0

[store]
root = "records"
floor_megabytes = 8
"""

# IoU of each trait's mask with the native run's on the same frame. The processors' kernels round differently; the masks' edges move by single pixels.
LEAST_AGREEMENT = 0.97
# Share of the photograph's pixels on the screen that may differ from the native overlay: edges of masks.
MOST_DIFFERENCE = 0.02
FILES = ("_cropped.jpg", "_segmented.png", "_traits.png", "_metadata.json", "_overlay.jpg")


def frames(folder):
    """Recorded frames in the camera's size: a drawn one, and a photograph where there are some."""
    drawn = [pictures.read(f) for f in drawn_frames(folder / "drawn", 1, f"{SIZE[0]}x{SIZE[1]}", seed=3)]
    photographs = sorted(PHOTOGRAPHS.glob("*.jpg"))[:1]
    if not photographs:
        print("  SKIPPED the photograph: ../shared is not there; drawn frames alone are played")
    return [("drawn", drawn[0])] + [("photograph", pictures.letterboxed(pictures.read(p), SIZE)) for p in photographs]


def play(guest, fourcc, frame):
    """Plays one frame into the loopback camera, over and over."""
    is_jpeg = fourcc == "MJPG"
    (guest.share / "frame").write_bytes(pictures.jpeg(frame) if is_jpeg else pictures.yuyv(frame))
    guest.shell(f"(tool play /dev/video9 {fourcc} {SIZE[0]} {SIZE[1]} 5 /share/frame > /tmp/play 2>&1; echo ended >> /tmp/play) &")
    said = wait_for(lambda: guest.read("/tmp/play"), 20, "the player's start")
    return "playing" in said, said


def capture(folder, fourcc, name, frame):
    """One frame on its whole way."""
    folder.mkdir()
    disk = make_disk(folder / "disk.img", 96)
    share = folder / "share"
    with Guest(folder / "guest", disks=[disk], display="virtio", loopback="video_nr=9 exclusive_caps=0 max_buffers=4", lines=True,
               share=share) as guest:
        install(guest)
        guest.shell("mount -t ext4 /dev/vda /mnt")
        is_playing, said = play(guest, fourcc, frame)
        if not is_playing:
            return f"{fourcc} not taken by the loopback device ({said.strip().splitlines()[0]})"
        station = Station(guest, CONFIGURATION.replace("FORMAT", fourcc))
        guest.watch_lines()
        station.wait_says("finishing|ready|live|camera", 60) if False else None
        wait_for(lambda: guest.driven_lines(), 60, "the lamp's light")
        guest.press(5, 0.2)
        identifier = station.wait_saved(1, 180)[0]
        expect(identifier == "HIL-0001", f"the record is called {identifier}")
        # The picture is drawn again each second; the message about the saved record goes away meanwhile.
        import time
        time.sleep(12)
        screen = pictures.of_screen(guest.screen())
        expect(station.finish() == 0, "the station ended with an error")
        guest.shell("cp -a /mnt/records /share/ && sync", 60)
        guest.shell("fishrig store verify --root /mnt/records > /dev/null 2>&1", 120)
        guest.power_off()
    record = next((share / "records").glob(f"*/{identifier}"))
    suffix = ".jpg" if fourcc == "MJPG" else ".png"
    have = {p.name.removeprefix(identifier) for p in record.iterdir()}
    for wanted in (suffix, *FILES):
        expect(wanted in have, f"the record has no {identifier}{wanted}: {sorted(have)}")
    return compare(folder, record, identifier + suffix, screen, frame, fourcc)


def compare(folder, record, captured, screen, frame, fourcc):
    """The record and the screen against what was played and against the native run of the captured frame."""
    worst = pictures.difference(pictures.read(record / captured), frame)
    expect(worst < 0.01, f"{worst:.1%} of the captured frame differ from what was played")
    if fourcc == "MJPG":
        expect((record / captured).read_bytes() == pictures.jpeg(frame), "the JPEG is not the one that the camera gave")

    twin = folder / "twin"
    (twin / "frames").mkdir(parents=True)
    shutil.copy(record / captured, twin / "frames")
    (twin / "station.toml").write_text(TWIN)
    import subprocess, time
    from rig.station import NATIVE
    process = subprocess.Popen([NATIVE, "run", "--config", "station.toml"], cwd=twin, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=open(twin / "log", "wb"), text=True)
    try:
        time.sleep(3)
        process.stdin.write("\n")
        process.stdin.flush()
        wait_for(lambda: "saved" in (twin / "log").read_text(), 60, "the native record")
        time.sleep(12)
        shutil.copy(twin / "screen/latest.png", folder / "native.png")
    finally:
        process.terminate()
        process.wait(20)
    native_record = next((twin / "records").glob("*/HIL-0001"))
    agreement, bit = pictures.trait_agreement(record / "HIL-0001_traits.png", native_record / "HIL-0001_traits.png")
    expect(agreement >= LEAST_AGREEMENT, f"the mask of trait {bit} agrees with the native one to {agreement:.3f} only")
    for file in ("_metadata.json",):
        ours, theirs = (json.loads((place / f"HIL-0001{file}").read_text()) for place in (record, native_record))
        expect(set(ours) == set(theirs), f"{file} has other keys than natively")

    native_screen = pictures.read(folder / "native.png")
    pictures.Image.fromarray(screen).save(folder / "screen.png")
    expect(screen.shape == native_screen.shape, f"the screen is {screen.shape}, the native one {native_screen.shape}")
    different = pictures.difference(screen, native_screen)
    expect(different < MOST_DIFFERENCE, f"{different:.1%} of the screen differ from the native overlay: {folder}/screen.png, native.png")
    return f"masks {agreement:.4f} (least IoU with the native run), screen {different:.2%} different"


def run(folder, options):
    """Drawn and photographed frames as YUYV and MJPG."""
    results = []
    recorded = frames(folder)
    for fourcc, (name, frame) in [("YUYV", recorded[0]), ("MJPG", recorded[-1])] + ([("YUYV", recorded[-1])] if len(recorded) > 1 else []):
        words = capture(folder / f"{name}-{fourcc}", fourcc, name, frame)
        results.append(f"{name} as {fourcc}: {words}")
        print("  " + results[-1], flush=True)
    return f"{len(results)} captures"
