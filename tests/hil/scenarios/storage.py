"""The disk is full, turns read-only, or fails: the state is shown, nothing committed is lost, and the station goes on when it can."""

from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install, make_disk, records

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 10
repeat = 1000000

[store]
root = "/mnt/records"
floor_megabytes = 4
"""


def prepare(folder, megabytes):
    drawn_frames(folder / "share/frames", 1, size="640x360")
    return make_disk(folder / "disk.img", megabytes)


def refusing(folder, megabytes, refuse, said, allow):
    """The file system takes no more, and then does again; the mount stays the same."""
    disk = prepare(folder, megabytes)
    with Guest(folder / "guest", disks=[disk], share=folder / "share") as guest:
        install(guest)
        guest.shell("mount -t ext4 /dev/vda /mnt")
        station = Station(guest, CONFIGURATION)
        station.take_first()
        before = len(station.log())
        guest.start(refuse)
        station.keys("\n")
        station.wait_says(said, 30, after=before)
        expect(len(station.saved()) == 1, "a record was announced that could not be written")
        guest.shell(allow)
        station.wait_saved(2, 60)
        expect(station.finish() == 0, "the station ended with an error")
        verify(guest, 2)
        guest.power_off()
    return "said so, and saved the waiting picture when it could be written again"


def failing(folder, table, what):
    """A device-mapper target takes the place of the disk under the mounted file system."""
    disk = prepare(folder, 64)
    sectors = 64 * 2048
    with Guest(folder / "guest", disks=[disk], share=folder / "share", modules=["dm-mod", "dm-flakey"]) as guest:
        install(guest)
        guest.shell(f"tool map create disk '0 {sectors} linear /dev/vda 0' && mount -t ext4 /dev/mapper/disk /mnt")
        station = Station(guest, CONFIGURATION)
        station.take_first()
        before = len(station.log())
        guest.shell(f"tool map swap disk '0 {sectors} {table}'")
        station.keys("\n")
        trouble = station.wait_says(r"(WARN|ERROR).*", 60, after=before)[0]
        expect(len(station.saved()) == 1, f"a record was announced on a disk that {what}")
        guest.shell(f"tool map swap disk '0 {sectors} linear /dev/vda 0'")
        # ext4 stops at an aborted journal: somebody mounts it again, and the station finds it.
        guest.start("umount -l /mnt; mount -t ext4 /dev/mapper/disk /mnt")
        station.wait_saved(2, 90)
        station.keys("q\n")
        station.wait_end(60)
        guest.start("umount -l /mnt")
        guest.shell("mount -t ext4 /dev/mapper/disk /mnt")
        verify(guest, 2)
        guest.power_off()
    return trouble.split("operator: ")[-1]


def verify(guest, count):
    guest.shell("fishrig store verify --root /mnt/records > /tmp/verify 2>&1 || { cat /tmp/verify; false; }", 300)
    found = records(guest, "/mnt/records")
    expect(len(found) >= count, f"{len(found)} records where {count} were announced")


def run(folder, options):
    """Full, read-only, failing."""
    results = []
    for name, case in (
        ("full", lambda here: refusing(here, 32, "dd if=/dev/zero of=/mnt/ballast bs=64k 2>/dev/null", "full|space", "rm /mnt/ballast")),
        ("read-only", lambda here: refusing(here, 64, "mount -o remount,ro /mnt", "[Rr]ead-only", "mount -o remount,rw /mnt")),
        ("errors", lambda here: failing(here, "error", "fails")),
        ("failing writes", lambda here: failing(here, "flakey /dev/vda 0 0 600 1 error_writes", "fails at writing")),
    ):
        here = folder / name.replace(" ", "-")
        here.mkdir()
        results.append(f"{name}: {case(here)}")
        print("  " + results[-1])
    return f"{len(results)} ways of failing"
