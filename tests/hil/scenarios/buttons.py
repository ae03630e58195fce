"""GPIO: a press takes a picture, a bounce takes one and not more, a long press ends the session; the lamp and the buzzer are read back. A foot switch."""

import time

from rig.guest import Guest, expect
from rig.station import Station, drawn_frames, install

CONFIGURATION = """
[source]
path = "frames"
frames_per_second = 5
repeat = 1000000

[trigger]
key = true
FOOT

[gpio]
shutter = "gpiochip0/5"
shutter_active_low = false
shutter_bias = "none"
lamp = "gpiochip0/6"
buzzer = "gpiochip0/7"

[store]
root = "/tmp/records"
floor_megabytes = 1
"""
LAMP, BUZZER = 6, 7


def run(folder, options):
    """One guest, one session by button and one by foot switch."""
    share = folder / "share"
    drawn_frames(share / "frames", 1, size="640x360")
    with Guest(folder / "guest", lines=True, keyboard=True, share=share) as guest:
        install(guest)
        guest.watch_lines()
        station = Station(guest, CONFIGURATION.replace("FOOT", ""))
        station.take_first_by(lambda: guest.press(5, 0.3), 90, "the shutter button")
        time.sleep(2)
        told = guest.driven_lines()
        expect([level for line, level in told if line == BUZZER][-2:] == [1, 0], f"no beep for a saved record: {told[-12:]}")
        expect([level for line, level in told if line == LAMP][-1:] == [1], f"the lamp is not steady: {told[-12:]}")

        taken = station.pictures_taken()
        for _ in range(6):  # a bouncing contact
            guest.line(5, 1)
            guest.line(5, 0)
        guest.line(5, 1)
        time.sleep(0.3)
        guest.line(5, 0)
        station.wait_saved(2, 60)
        time.sleep(2)
        expect(station.pictures_taken() == taken + 1, "a bouncing press took more than one picture")

        guest.press(5, 3)
        expect(station.wait_end(60) == 0, "a long press did not end the session cleanly")
        time.sleep(1)
        told = guest.driven_lines()
        for line in (LAMP, BUZZER):
            levels = [level for changed, level in told if changed == line]
            expect(not levels or levels[-1] == 0, f"line {line} stays on after the end")
        expect(station.pictures_taken() == taken + 1, "the long press took a picture")

        foot = 'foot_switch = "QEMU Virtio Keyboard"\nfoot_switch_key = "KEY_B"'
        station = Station(guest, CONFIGURATION.replace("FOOT", foot))

        def tread():
            guest.key("b", True)
            time.sleep(0.2)
            guest.key("b", False)

        station.take_first_by(tread, 90, "the foot switch")
        guest.key("b", True)
        time.sleep(3)
        guest.key("b", False)
        expect(station.wait_end(60) == 0, "the foot switch held down did not end the session")
        kinds = guest.shell("cat /tmp/records/*/*/record.toml | grep ^trigger | sort | uniq -c")
    return " ".join(kinds.split())
