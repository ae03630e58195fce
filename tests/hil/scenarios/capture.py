"""Recorded frames through a V4L2 device: captured, segmented, drawn on HDMI, committed to ext4; compared with the host's own run."""

import json
import time

from rig import pictures
from rig.guest import Guest, expect, wait_for
from rig.station import PHOTOGRAPHS, Station, drawn_frames, install, make_disk
from rig.twin import MESSAGES_LAST, Twin, same_screen

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

[store]
root = "/mnt/records"
floor_megabytes = 8
"""

# IoU of each trait's mask with the native run's on the same frame: the processors' kernels round differently, and a mask's edge moves by a pixel.
LEAST_AGREEMENT = 0.999
# Share of the screen that may differ from the native one: edges of masks, words that tell rates and times.
MOST_DIFFERENCE = 0.02
FILES = ("_cropped.jpg", "_segmented.png", "_traits.png", "_metadata.json", "_overlay.jpg")


def recorded_frames(folder):
    """Name and picture of frames in the camera's size: a drawn one, and a photograph where there are some."""
    drawn = pictures.read(drawn_frames(folder / "drawn", 1, f"{SIZE[0]}x{SIZE[1]}", seed=3)[0])
    photographs = sorted(PHOTOGRAPHS.glob("*.jpg"))[:1]
    if not photographs:
        print("  SKIPPED the photograph: ../shared is not there; drawn frames alone are played")
    return [("drawn", drawn)] + [("photograph", pictures.letterboxed(pictures.read(p), SIZE)) for p in photographs]


def play(guest, fourcc, frame):
    """Plays one frame into the loopback camera, over and over; gives why not where the device does not take the format."""
    (guest.share / "frame").write_bytes(pictures.jpeg(frame) if fourcc == "MJPG" else pictures.yuyv(frame))
    guest.shell(f"(tool play /dev/video9 {fourcc} {SIZE[0]} {SIZE[1]} 5 /share/frame > /tmp/play 2>&1; echo ended >> /tmp/play) &")
    said = wait_for(lambda: guest.read("/tmp/play"), 20, "the player's start")
    return None if "playing" in said else said.strip()


def capture(folder, fourcc, frame):
    """One frame on its whole way."""
    folder.mkdir()
    disk, share = make_disk(folder / "disk.img", 24 << 10), folder / "share"
    with Guest(folder / "guest", disks=[disk], display="virtio", loopback="video_nr=9 max_buffers=4", lines=True, share=share) as guest:
        install(guest)
        guest.shell("mount -t ext4 /dev/vda /mnt")
        refused = play(guest, fourcc, frame)
        expect(not refused or fourcc != "YUYV", f"the loopback camera can't be played into: {refused}")
        if refused:
            return f"not taken by the loopback device ({refused})"
        station = Station(guest, CONFIGURATION.replace("FORMAT", fourcc))
        identifier = station.take_first_by(lambda: guest.press(5, 0.3), 180, "the shutter button")
        expect(identifier == "HIL-0001", f"the record is called {identifier}")
        time.sleep(MESSAGES_LAST + 2)
        screen = pictures.of_screen(guest.screen())
        expect(station.finish() == 0, "the station ended with an error")
        guest.shell("fishrig store verify --root /mnt/records > /dev/null 2>&1", 120)
        guest.shell("cp -a /mnt/records /share/ && sync", 60)
        guest.power_off()
    record = next((share / "records").glob(f"*/{identifier}"))
    captured = identifier + (".jpg" if fourcc == "MJPG" else ".png")
    have = {p.name for p in record.iterdir()}
    for wanted in (captured, *(identifier + ending for ending in FILES)):
        expect(wanted in have, f"the record has no {wanted}: {sorted(have)}")
    return compare(folder, record / captured, screen, frame)


def compare(folder, captured, screen, frame):
    """The record and the screen against what was played, and against the native run on the captured frame."""
    if captured.suffix == ".jpg":
        expect(captured.read_bytes() == pictures.jpeg(frame), "the JPEG is not the one that the camera gave")
    else:
        wrong = pictures.difference(pictures.read(captured), frame)
        expect(wrong < 0.01, f"{wrong:.1%} of the captured frame differ from what was played")
    record, identifier = captured.parent, captured.stem
    twin = Twin(folder / "twin", captured, SCREEN, record=True)
    native = twin.record()
    least, bit = pictures.trait_agreement(record / f"{identifier}_traits.png", native / f"{twin.identifier}_traits.png")
    expect(least >= LEAST_AGREEMENT, f"the mask of trait {bit} agrees with the native one to {least:.3f} only")
    ours = json.loads((record / f"{identifier}_metadata.json").read_text())
    theirs = json.loads((native / f"{twin.identifier}_metadata.json").read_text())
    expect(set(ours) == set(theirs), f"the metadata have other keys than natively: {sorted(ours)}")
    different = same_screen(folder, screen, twin.screen, MOST_DIFFERENCE)
    return f"least IoU of a mask with the native run {least:.4f}, {different:.2%} of the screen differ"


def run(folder, options):
    """Drawn and photographed frames as YUYV and MJPG."""
    recorded = recorded_frames(folder)
    cases = [("YUYV", *recorded[0]), ("MJPG", *recorded[-1])]
    if options.long and len(recorded) > 1:
        cases.append(("YUYV", *recorded[1]))
    for fourcc, name, frame in cases:
        print(f"  {name} frame as {fourcc}: {capture(folder / f'{name}-{fourcc}', fourcc, frame)}", flush=True)
    return f"{len(cases)} captures"
