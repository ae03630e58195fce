"""A stopped inference thread ends the notifications; the supervisor restarts the station."""

import time

from rig.guest import Guest, expect, wait_for
from rig.station import Station, drawn_frames, install

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 2
looping = true

[store]
root = "/tmp/records"
floor_megabytes = 1
"""
# As WatchdogSec of the unit, but short: the analyses of a guest take seconds.
PATIENCE = 20


def run(folder, options):
    """Freezes the thread with the kernel's freezer, which takes single threads."""
    share = folder / "share"
    drawn_frames(share / "frames", 2, size="640x360")
    with Guest(folder / "guest", share=share) as guest:
        install(guest)
        guest.shell("mkdir -p /tmp/freezer && mount -t cgroup -o freezer freezer /tmp/freezer && mkdir /tmp/freezer/stopped")
        station = Station(guest, CONFIGURATION, before=f"tool supervise {PATIENCE}")
        station.wait_says("^READY=1", 90)
        station.wait_says("^WATCHDOG=1", 60)
        time.sleep(PATIENCE + 5)
        expect("watchdog" not in station.log().splitlines(), "the supervisor lost patience with a healthy station")
        threads = guest.shell("for t in /proc/$(pidof fishrig)/task/*; do echo $(basename $t) $(cat $t/comm); done")
        thread = next(line.split()[0] for line in threads.splitlines() if line.endswith(" network"))
        guest.shell(f"echo {thread} > /tmp/freezer/stopped/tasks && echo FROZEN > /tmp/freezer/stopped/freezer.state")
        frozen = time.time()
        station.wait_says("^watchdog$", 180)
        took = time.time() - frozen
        # A frozen thread can't die: what the supervisor killed ends when it thaws, as a hung disk would let go one day.
        guest.start("echo THAWED > /tmp/freezer/stopped/freezer.state")
        before = len(station.log())
        wait_for(lambda: station.log().count("READY=1") >= 2, 90, "the restarted station")
        expect(before > 0, "no log")
    return f"restarted {took:.0f} s after its network thread was frozen"
