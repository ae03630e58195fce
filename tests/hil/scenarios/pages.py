"""16 KiB pages, as on a Raspberry Pi 5: camera, screen and network work."""

from rig import pictures
from rig.guest import Guest, expect
from rig.station import SAVED, Station, install

CONFIGURATION = """
[source]
kind = "v4l"
device = "first"
size = [640, 360]
frames_per_second = 5

[display]
kind = "drm"

[trigger]
key = true

[store]
root = "/tmp/records"
floor_megabytes = 1
"""


def run(folder, options):
    """The test picture of vivid has no fish: the second press saves the whole frame."""
    with Guest(folder / "guest", kernel="6.12-16k", cpu="cortex-a76", display="virtio", camera="n_devs=1 node_types=0x1",
               share=folder / "share") as guest:
        install(guest)
        pages = guest.shell("getconf PAGESIZE 2>/dev/null || awk '/KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps").strip()
        expect(pages == "16384", f"the guest's pages are {pages} bytes")
        station = Station(guest, CONFIGURATION)

        station.press_until(SAVED)
        screen = pictures.of_screen(guest.screen())
        expect(len({tuple(p) for p in screen[::16, ::16].reshape(-1, 3)}) > 20, "nothing is drawn")
        expect(station.finish() == 0, "the station ended with an error")
    return "captured, analysed, drawn, saved"
