"""A small SPI panel on a bus that the kernel bit-bangs: the bytes on it are decoded back into the picture that was drawn."""

import time

from rig import pictures
from rig.guest import Guest, Trouble, expect
from rig.station import Station, drawn_frames, install
from rig.twin import Twin, same_screen

WIDTH, HEIGHT = 160, 128

CONFIGURATION = f"""
[station]
name = "rig"

[source]
path = "frames"
frames_per_second = 5
repeat = 1000000

[display]
kind = "spi_panel"

[display.panel]
model = "st7789"
spi = "/dev/spidev0.0"
size = [{WIDTH}, {HEIGHT}]
mirror = false
invert = false
colour_order = "rgb"
dc = "gpiochip0/5"
reset = "gpiochip0/6"

[store]
root = "/tmp/records"
floor_megabytes = 1
"""

# RGB565 keeps five bits of red and blue.
TOLERANCE = 32
MOST_DIFFERENCE = 0.05


def run(folder, options):
    """The station on one drawn frame, until the panel shows what the host's own run shows; then what later pictures cost."""
    share = folder / "share"
    frame = drawn_frames(share / "frames", 1, size="640x360", seed=5)[0]
    twin = Twin(folder / "twin", frame, (WIDTH, HEIGHT)).screen
    with Guest(folder / "guest", panel_bus=True, memory=2048, share=share) as guest:
        install(guest)
        station = Station(guest, CONFIGURATION)
        end = time.time() + 240
        while True:
            time.sleep(10)
            panel = pictures.Panel(WIDTH, HEIGHT).replay(guest.folder / "lines.trace")
            try:
                different = same_screen(folder, panel.picture, twin, MOST_DIFFERENCE, TOLERANCE)
                break
            except Trouble as trouble:
                expect(time.time() < end, f"{trouble}; {panel.bytes} bytes, {panel.pixels} pixels, log:\n{station.log()}")
        expect(panel.is_on, "the panel was never switched on")
        expect(panel.outside == 0, f"{panel.outside} pixels were sent beside the panel")
        expect(station.finish(120) == 0, "the station ended with an error")
    whole = panel.bytes / (2 * WIDTH * HEIGHT)
    return f"{different:.2%} of the panel different; {panel.bytes} bytes, as much as {whole:.1f} whole pictures, up to then"
