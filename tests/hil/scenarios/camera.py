"""vivid as the camera: every format that we claim, unplugged and plugged in, a stall, its injected errors, a busy device, no permission."""

import time

from rig import pictures
from rig.guest import Guest, expect
from rig.station import SAVED, Station, install

FORMATS = "YUYV UYVY NV12 YU12 RGB3 BGR3 GREY BA81 GBRG GRBG RGGB".split()
SIZES = ((640, 360), (1280, 720))
DEVICE = "/dev/video0"

CONFIGURATION = """
[source]
kind = "v4l"
device = "first"
size = [640, 360]
frames_per_second = 10
format = "YUYV"

[source.controls]
brightness = 140
no_such_control = 3
contrast = 99999

[store]
root = "/tmp/records"
floor_megabytes = 1
"""


def same_picture(snapshot, reference, name):
    """Bayer and grey formats lose colour at edges or altogether; everything else is the reference but for rounding."""
    if name == "GREY":
        expect(pictures.numpy.ptp(snapshot.astype(int), axis=2).max() == 0, "GREY has colours")
        weights = (0.299, 0.587, 0.114)
        luma = sum(w * reference[:, :, c].astype(float) for c, w in enumerate(weights))
        reference = pictures.numpy.repeat(luma[:, :, None], 3, axis=2).astype(pictures.numpy.uint8)
    return pictures.difference(snapshot, reference)


def formats(guest, sizes):
    """A snapshot of the same still test picture in every format."""
    # No moving text, no moving bars.
    for control, value in (("OSD Text Mode", 2), ("Test Pattern", 0)):
        guest.shell(f"tool control {DEVICE} '{control}' {value}")
    listed = {o["format"] for d in guest.json("fishrig camera list --json") if d["device"] == DEVICE for o in d["formats"]}
    missing = [name for name in FORMATS if name not in listed]
    results = {}
    for width, height in sizes:
        snapshots = {}
        for name in ["RGB3"] + [f for f in FORMATS if f in listed and f != "RGB3"]:
            guest.shell(f"fishrig camera snapshot {DEVICE} --format {name} --size {width}x{height} --skip 1 -o /share/{name}.png 2>/tmp/said "
                        "|| { cat /tmp/said; false; }", 60)
            snapshots[name] = pictures.read(guest.share / f"{name}.png")
            expect(snapshots[name].shape == (height, width, 3), f"{name}: {snapshots[name].shape}")
            different = same_picture(snapshots[name], snapshots["RGB3"], name)
            results[name] = max(results.get(name, 0), different)
            expect(different < 0.03, f"{different:.1%} of the {name} snapshot differ from the RGB3 one")
    told = ", ".join(f"{name} {share:.2%}" for name, share in results.items())
    return told + (f"; not offered by vivid: {' '.join(missing)}" if missing else "")


def faults(guest):
    """A running station lives through each."""
    station = Station(guest, CONFIGURATION)
    station.press_until(SAVED)
    log = station.log()
    expect("no_such_control" in log and "contrast" in log, f"refused controls are not reported:\n{log}")
    told = []

    def trouble(cause, cure, what):
        """Something goes wrong, is shown, and is over: a record can be taken again."""
        before = len(station.log())
        guest.shell(cause)
        said = station.wait_says(r"(?:WARN|ERROR) fishrig::operator: (.*)", 60, words=what, after=before)[1]
        told.append(f"{what}: {said}")
        print(f"    {told[-1]}", flush=True)
        if cure:
            guest.shell(cure)
        saved = len(station.saved())
        end = time.time() + 90
        while len(station.saved()) == saved:
            station.keys("\n")
            time.sleep(1)
            expect(time.time() < end, f"{what}: no picture can be taken afterwards:\n{station.log()[-3000:]}")

    def inject(control, value=1):
        return f"tool control {DEVICE} '{control}' {value}"

    unbind = "echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind"
    bind = "echo vivid.0 > /sys/bus/platform/drivers/vivid/bind"
    trouble(unbind, bind + "; mdev -s", "unplugged")
    trouble(inject("Inject Fatal Streaming Error"), None, "fatal streaming error")
    trouble(inject("Percentage of Dropped Buffers", 100), inject("Percentage of Dropped Buffers", 0), "stalled")
    before = len(station.log())
    guest.shell(inject("Inject V4L2_BUF_FLAG_ERROR"))
    station.press_until(SAVED)
    expect("ended" not in station.log()[before:], "a flagged buffer ended the station")
    busy = guest.start(f"fishrig camera snapshot {DEVICE} -o /tmp/busy.png")[1]
    expect("used by fishrig" in busy, f"a busy camera: {busy}")
    expect(station.finish() == 0, "the station ended with an error")
    guest.shell(inject("Inject VIDIOC_STREAMON Error"))
    status, said = guest.start(f"fishrig camera snapshot {DEVICE} -o /tmp/fails.png")
    expect(status not in (0, 101) and DEVICE in said, f"a refused start of the stream: {status} {said}")
    status, said = guest.start(f"chown root:video {DEVICE}; chmod 660 {DEVICE}; cp /share/bin/fishrig /tmp; tool unprivileged /tmp/fishrig camera snapshot {DEVICE} -o /tmp/refused.png")
    expect(status not in (0, 101) and "usermod -aG video" in said, f"without permission: {status} {said}")
    told.append("no permission: " + said.strip().splitlines()[-1])
    return told


def run(folder, options):
    """Formats in one guest, faults in the same."""
    with Guest(folder / "guest", camera="n_devs=1 node_types=0x1", share=folder / "share") as guest:
        guest.shell("echo 'root:x:0:0::/:/bin/sh' > /etc/passwd; echo 'nobody:x:65534:65534::/:/bin/sh' >> /etc/passwd; "
                    "printf 'root:x:0:\\nvideo:x:44:\\n' > /etc/group; chown root:video /dev/video0")
        install(guest)
        print(f"  formats: {formats(guest, SIZES if options.long else SIZES[:1])}", flush=True)
        told = faults(guest)
    return f"{len(FORMATS)} formats, {len(told)} faults"
