"""1 GB of memory is enough for the default network, 2 GB for the published one (FISHRIG_HIL_BUNDLE=FOLDER names a bundle of its size)."""

import os
import shutil

from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 5
repeat = 1000000

[network]
BUNDLE

[display]
kind = "drm"

[store]
root = "/tmp/records"
floor_megabytes = 1
"""


def live(folder, megabytes, bundle, patience):
    """A station with a 24-megapixel frame and a screen; the most that the process held."""
    share = folder / "share"
    drawn_frames(share / "frames", 1, size="6000x4000")
    if bundle:
        shutil.copytree(bundle, share / "bundle")
    with Guest(folder / "guest", memory=megabytes, display="virtio", share=share) as guest:
        install(guest)
        station = Station(guest, CONFIGURATION.replace("BUNDLE", 'bundle = "bundle"' if bundle else ""))
        station.take_first(patience)
        peak = int(guest.shell("grep VmHWM /proc/$(pidof fishrig)/status").split()[1]) // 1024
        available = int(guest.shell("grep MemAvailable /proc/meminfo").split()[1]) // 1024
        expect(station.finish(patience) == 0, "the station ended with an error")
    return f"{peak} MB at most on a 24-megapixel frame, {available} of {megabytes} MB still available"


def run(folder, options):
    """The default network, and another where one is named."""
    told = ["default network: " + live(folder / "default", 1024, None, 240)]
    bundle = os.environ.get("FISHRIG_HIL_BUNDLE")
    if bundle:
        told.append("FISHRIG_HIL_BUNDLE: " + live(folder / "named", 2048, bundle, 1800))
    return "; ".join(told)
