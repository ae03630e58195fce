"""1 GB of memory is enough for the default network."""

from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 5
repeat = 1000000

[display]
kind = "drm"

[store]
root = "/tmp/records"
floor_megabytes = 1
"""


def run(folder, options):
    """A 24-megapixel frame and a screen; the most that the process held."""
    share = folder / "share"
    drawn_frames(share / "frames", 1, size="6000x4000")
    with Guest(folder / "guest", memory=1024, display="virtio", share=share) as guest:
        install(guest)
        station = Station(guest, CONFIGURATION)
        station.take_first(240)
        peak = int(guest.shell("grep VmHWM /proc/$(pidof fishrig)/status").split()[1]) // 1024
        available = int(guest.shell("grep MemAvailable /proc/meminfo").split()[1]) // 1024
        expect(station.finish(120) == 0, "the station ended with an error")
    return f"24 megapixels: {peak} MB at most, {available} MB still available"
