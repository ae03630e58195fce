"""The plug is pulled while records are written. Nothing that was shown as saved is lost or damaged; no half record is visible."""

import random
import time

from rig import pictures
from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install, make_disk, records, saved_ids

CONFIGURATION = """
[source]
path = "FRAMES"
frames_per_second = 10
repeat = 1000000

[store]
root = "/mnt/records"
floor_megabytes = 1
"""

# Every so many cuts the disk is made anew, before it is full.
CUTS_A_DISK = 12


class Lives:
    """One file system from cut to cut: each boot recovers it and looks at what the cut left, then records are written until the next."""

    def __init__(self, folder, file_system):
        self.folder, self.file_system = folder / file_system, file_system
        self.share = self.folder / "share"
        drawn_frames(self.share / "fish", 1, size="640x360")
        (self.share / "empty").mkdir()
        (self.share / "empty/table.jpg").write_bytes(pictures.jpeg(pictures.numpy.full((360, 640, 3), 200, pictures.numpy.uint8)))
        self.announced, self.in_all, self.cuts, self.interrupted = set(), 0, 0, 0

    def boot(self):
        guest = Guest(self.folder / "guest", disks=[self.folder / "disk.img"], modules=[self.file_system], share=self.share)
        install(guest)
        guest.shell(f"mount -t {self.file_system} /dev/vda /mnt")
        return guest

    def look(self, guest):
        """After a cut: everything that was announced is there and whole, and nothing half is visible."""
        guest.shell("fishrig store verify --root /mnt/records > /tmp/verify 2>&1 || { cat /tmp/verify; false; }", 300)
        found = {record["id"] for record in records(guest, "/mnt/records")}
        self.interrupted += int(guest.start("ls /mnt/records/.incoming 2>/dev/null | wc -l")[1].strip() or 0)
        missing = self.announced - found
        expect(not missing, f"shown as saved and gone after the cut: {sorted(missing)}")

    def cut(self, frames, life):
        """One life that ends without a word."""
        if self.cuts % CUTS_A_DISK == 0:
            if self.cuts:
                self.end()
            make_disk(self.folder / "disk.img", 256, self.file_system)
            self.announced = set()
        with self.boot() as guest:
            if self.announced:
                self.look(guest)
            station = Station(guest, CONFIGURATION.replace("FRAMES", frames))
            if frames == "fish":
                station.take_first()
            else:
                station.press_until("NOT SAVED: no fish")
            # Pictures without pause, every tenth undone, and what the station says goes to the console, where no cut can reach it.
            guest.shell("(n=0; while :; do n=$((n+1)); [ $((n % 10)) = 0 ] && echo u || echo; usleep 60000; done > /tmp/keys) &")
            guest.shell(f"tail -n 100000 -f {station.LOG} > /dev/console &")
            time.sleep(life)
            guest.cut_power()
            said = guest.log.read_bytes().replace(b"\r", b"").decode(errors="replace")
        # A line that was cut in the middle announced nothing to anyone.
        said = said[: said.rfind("\n") + 1]
        announced = set(saved_ids(said))
        self.announced |= announced
        self.in_all += len(announced)
        self.cuts += 1
        return len(announced)

    def end(self):
        """Looks a last time."""
        with self.boot() as guest:
            self.look(guest)
            guest.power_off()


def run(folder, options):
    """`options.cuts` cuts, over ext4 and f2fs in turn; in a long series most frames are empty, because a guest's network takes seconds."""
    generator = random.Random(options.seed)
    both = [Lives(folder, "ext4"), Lives(folder, "f2fs")]
    for number in range(options.cuts):
        lives = both[number % 2]
        frames = "fish" if number < 2 or number % 8 < 2 else "empty"
        count = lives.cut(frames, generator.uniform(0.2, 4))
        print(f"  cut {number + 1} on {lives.file_system} ({frames}): {count} announced in this life", flush=True)
    for lives in both:
        if lives.cuts:
            lives.end()
    announced, interrupted = (sum(values) for values in zip(*((lives.in_all, lives.interrupted) for lives in both)))
    expect(announced > 0, "no record was ever announced")
    return f"{options.cuts} cuts, {announced} records announced, {interrupted} commits interrupted, none lost or damaged"
