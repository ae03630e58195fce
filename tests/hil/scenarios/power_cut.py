"""The plug is pulled while records are written. Nothing that was shown as saved is lost or damaged; no half record is visible."""

import random
import time

from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install, make_disk, records

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 10
repeat = 1000000

[network]
threads = 2

[store]
root = "/mnt/records"
floor_megabytes = 1
"""


def cut(folder, disk, file_system, life, seed):
    """One boot that ends without a word, and one that looks at what is left. Gives announced and found records."""
    share = folder / "share"
    with Guest(folder / "guest", disks=[disk], modules=[file_system], share=share) as guest:
        install(guest)
        guest.shell(f"mount -t {file_system} /dev/vda /mnt")
        station = Station(guest, CONFIGURATION)
        station.take_first()
        # Pictures without pause, every tenth undone, and what the station says goes to the console, where no cut can reach it.
        guest.shell("(n=0; while :; do n=$((n+1)); [ $((n % 10)) = 0 ] && echo u || echo; usleep 60000; done > /tmp/keys) &")
        guest.shell(f"tail -f {station.LOG} > /dev/console &")
        time.sleep(life)
        guest.cut_power()
        said = guest.log.read_bytes().replace(b"\r", b"").decode(errors="replace")
    # A line that was cut in the middle announced nothing to anyone.
    said = said[: said.rfind("\n") + 1]
    announced = {line.rsplit("saved ", 1)[1] for line in said.splitlines() if "operator: saved " in line}
    with Guest(folder / "guest", disks=[disk], modules=[file_system], share=share) as guest:
        install(guest)
        guest.shell(f"mount -t {file_system} /dev/vda /mnt")
        guest.shell("fishrig store verify --root /mnt/records > /tmp/verify 2>&1 || { cat /tmp/verify; false; }", 300)
        found = {record["id"] for record in records(guest, "/mnt/records")}
        left_over = guest.start("ls /mnt/records/.incoming 2>/dev/null | wc -l")[1].strip()
        guest.power_off()
    missing = announced - found
    expect(not missing, f"shown as saved and gone after the cut: {sorted(missing)} (seed {seed})")
    return announced, found, int(left_over or 0)


def run(folder, options):
    """`options.cuts` cuts, over ext4 and f2fs in turn."""
    generator = random.Random(options.seed)
    total_announced, interrupted = 0, 0
    disks = {}
    for number in range(options.cuts):
        file_system = ("ext4", "f2fs")[number % 2]
        here = folder / file_system
        if file_system not in disks:
            here.mkdir()
            drawn_frames(here / "share/frames", 1, size="640x360")
            disks[file_system] = make_disk(here / "disk.img", 256, file_system)
        elif number % 20 < 2:
            make_disk(disks[file_system], 256, file_system)  # before it is full
        announced, found, left_over = cut(here, disks[file_system], file_system, generator.uniform(0.1, 4), options.seed)
        total_announced += len(announced)
        interrupted += left_over
        print(f"  cut {number + 1} on {file_system}: {len(announced)} announced in this life, {len(found)} records in all, {left_over} unfinished")
    expect(total_announced > 0, "no record was ever announced")
    return f"{options.cuts} cuts, {total_announced} records announced, {interrupted} commits interrupted, none lost or damaged"
